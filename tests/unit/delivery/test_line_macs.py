"""The MACs of a ledger's lines: whatever is edited, forged, moved, copied, cut off or left out is found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.stores.line_macs import LedgerTamperedError, LineMacs

COMMON, WEEK = "ledger.jsonl", "2026-W19.jsonl"
KEY = b"k" * 32


class Branch:
    """A branch on which commits are made one after the other. Its files hold signed lines."""

    def __init__(self, key=KEY):
        self.macs = LineMacs(key, common=COMMON)
        self.files = {}
        self.parent = ""

    def commit(self, **lines):
        """Add lines to files; the names are those of `FILES`."""
        new = {FILES[name]: "".join(f'["+",{text}]\n' for text in texts).encode() for name, texts in lines.items()}
        for name, content in new.items():
            self.files[name] = self.files.get(name, b"") + self.macs.sign(name, content)
        self.files[COMMON] = self.files.get(COMMON, b"") + self.macs.seal(new, parent=self.parent)
        self.parent_of_head, self.parent = self.parent, f"commit{self.files[COMMON].count(b'#')}"


FILES = {"common": COMMON, "week": WEEK, "other": "2026-W20.jsonl"}


def read(files, *, parents, key=KEY):
    macs = LineMacs(key, common=COMMON)
    for name, content in files.items():
        macs.verify(name, content.splitlines(), after=0)
    macs.require_complete(files, parents=parents)
    return macs


@pytest.fixture
def branch():
    branch = Branch()
    branch.commit(common=['"a",1', '"a",2'])
    branch.commit(week=['"b",1', '"b",2', '"b",3'])
    branch.commit(common=['"a",3'], week=['"b",4'], other=['"c",1'])
    return branch


def test_what_was_written_is_accepted(branch):
    read(branch.files, parents=[branch.parent_of_head])


def test_reading_goes_on_with_the_lines_that_are_new(branch):
    macs = read(branch.files, parents=[branch.parent_of_head])
    before = {name: content.count(b"\n") for name, content in branch.files.items()}
    branch.commit(week=['"b",5'])
    for name, content in branch.files.items():
        macs.verify(name, content.splitlines()[before[name] :], after=before[name])
    macs.require_complete(branch.files, parents=[branch.parent_of_head])


def lines_of(branch, name):
    return branch.files[name].splitlines(keepends=True)


def refused(branch, message, **options):
    with pytest.raises(LedgerTamperedError, match=message) as caught:
        read(branch.files, **{"parents": [branch.parent_of_head], **options})
    assert caught.value.exit_code == 6


def test_an_edited_line_is_named(branch):
    branch.files[WEEK] = branch.files[WEEK].replace(b'"b",2', b'"b",9')
    refused(branch, f"{WEEK}:2 was edited")


@pytest.mark.parametrize("name", [WEEK, COMMON])
def test_a_line_that_was_left_out_copied_or_moved_is_found(branch, name):
    first, second, *rest = lines_of(branch, name)
    for changed in ([second, *rest], [first, first, second, *rest], [second, first, *rest], [first, *rest]):
        branch.files[name] = b"".join(changed)
        refused(branch, f"{name}:[12] was edited, forged or moved")


def test_a_line_of_another_file_is_not_accepted(branch):
    branch.files[WEEK] = branch.files["2026-W20.jsonl"] + branch.files[WEEK]
    refused(branch, f"{WEEK}:1")


def test_a_line_without_a_mac_is_not_accepted(branch):
    branch.files[WEEK] += b'["+","b",5]\n'
    refused(branch, f"{WEEK}:5")


def test_a_line_by_another_key_is_not_accepted(branch):
    forged = Branch(key=b"x" * 32)
    forged.commit(week=['"b",1'])
    branch.files[WEEK] = forged.files[WEEK]
    refused(branch, f"{WEEK}:1")


def test_a_shortened_file_is_found(branch):
    branch.files[WEEK] = b"".join(lines_of(branch, WEEK)[:-1])
    refused(branch, f"{WEEK} does not end where its last record says")


def test_a_missing_file_is_found(branch):
    del branch.files[WEEK]
    refused(branch, f"{WEEK} is missing")


def test_a_file_that_no_seal_names_is_found(branch):
    branch.files["2026-W21.jsonl"] = branch.macs.copy().sign("2026-W21.jsonl", b'["+","d",1]\n')
    refused(branch, "2026-W21.jsonl does not end where")


def test_a_common_file_that_does_not_end_with_a_seal_is_found(branch):
    branch.files[COMMON] = b"".join(lines_of(branch, COMMON)[:-1])
    refused(branch, "is not on top of|does not end")


def test_a_commit_on_top_of_another_one_than_its_seal_names_is_found(branch):
    refused(branch, "is not on top of the one it was made for", parents=["elsewhere"])


def test_a_merge_is_never_a_commit_of_ours(branch):
    refused(branch, "is not on top of the one it was made for", parents=[branch.parent_of_head, "elsewhere"])


@given(st.data())
def test_any_changed_byte_is_found(data):
    branch = Branch()
    branch.commit(common=['"a",1'], week=['"b",1', '"b",2'])
    name = data.draw(st.sampled_from(sorted(branch.files)))
    content = bytearray(branch.files[name])
    at = data.draw(st.integers(0, len(content) - 2))  # the last one ends the line
    content[at] = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[at]))
    branch.files[name] = bytes(content)
    with pytest.raises(LedgerTamperedError):
        read(branch.files, parents=[branch.parent_of_head])
