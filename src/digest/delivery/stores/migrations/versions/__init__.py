"""One module for each version of the schema, never edited after its release."""
