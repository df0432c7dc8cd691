from __future__ import annotations

import re

import pytest

from inkling.datasets.sources import SOURCES, PublishedFile, source_named
from inkling.errors import UnknownNameError

FILES = [
    pytest.param(source, file, id=f"{source.name}-{file.name}")
    for source in SOURCES.values()
    for file in [*(file for part in source.files.values() for file in part), *filter(None, [source.archive])]
]


def test_the_named_sets_are_these():
    assert list(SOURCES) == ["mnist", "emnist-digits", "qmnist", "fashion-mnist", "usps", "sample", "strokes"]


@pytest.mark.parametrize(("source", "file"), FILES)
def test_every_file_has_a_whole_checksum_and_a_way_to_get_it(source, file):
    sums = [value for value in (file.sha256, file.contents) if value]
    assert sums
    assert all(re.fullmatch("[0-9a-f]{64}", value) for value in sums)
    assert bool(file.mirrors) != bool(file.member)
    assert source.archive is not None or not file.member
    assert file.sha256 or file.member


def test_no_two_files_have_the_same_checksum():
    sums = [value for _, file in (param.values for param in FILES) for value in (file.sha256, file.contents)]
    assert len(set(filter(None, sums))) == len(list(filter(None, sums)))


@pytest.mark.parametrize("mirror", ["http://example.org/", "https://example.org", "ftp://example.org/"])
def test_a_mirror_is_an_https_address_of_a_folder(mirror):
    with pytest.raises(ValueError, match="not an https address"):
        PublishedFile("a.gz", "0" * 64, mirrors=(mirror,))


def test_every_set_states_its_licence_its_home_and_its_classes():
    for source in SOURCES.values():
        assert source.licence
        assert source.homepage.startswith("https://")
        assert len(source.alphabet) == 10
        assert set(source.files) <= set(source.counts)


def test_a_name_that_is_nearly_right_is_corrected():
    with pytest.raises(UnknownNameError, match="Did you mean 'mnist'"):
        source_named("mnits")
