// Writes src/digest/rendering/mjml_attributes.toml: which attributes each element of MJML has, as the npm package mjml
// (MIT) declares them. mrml drops an attribute that it does not know without a word, so we look ourselves.
//
//     npm install mjml@4 && node scripts/make_mjml_attributes.mjs
import { createRequire } from "node:module";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const require = createRequire(`${process.cwd()}/`);
const { version } = require("mjml/package.json");
const components = require("mjml-preset-core").components ?? Object.values(require("mjml-preset-core").default.components);

// What the parser of MJML itself reads, whatever the element is.
const everywhere = ["css-class", "mj-class"];
const structure = { mjml: ["lang", "dir", "owa"], "mj-style": ["inline"], "mj-breakpoint": ["width"], "mj-font": ["name", "href"] };
const table = new Map(Object.entries(structure).map(([name, own]) => [name, new Set(own)]));
for (const component of Object.values(components)) {
  const name = component.componentName;
  if (!name) continue;
  const own = table.get(name) ?? new Set();
  Object.keys(component.allowedAttributes ?? {}).forEach((attribute) => own.add(attribute));
  if (own.size || !component.isHeadComponent?.()) table.set(name, own);
}
const lines = [...table].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, own]) => {
  const known = name.startsWith("mj-") ? [...own, ...everywhere] : [...own];
  return `${name} = [${[...new Set(known)].sort().map((each) => JSON.stringify(each)).join(", ")}]`;
});
const head = `# The attributes of each element, from mjml ${version} (MIT licence). Made by scripts/make_mjml_attributes.mjs.\n`;
writeFileSync(fileURLToPath(new URL("../src/digest/rendering/mjml_attributes.toml", import.meta.url)), `${head}\n${lines.join("\n")}\n`);
