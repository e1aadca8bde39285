"""The files of others are the ones whose sums we wrote down, and carry their licences."""

import gzip

from tongxin.ui import vendor


def test_vendored_files_match_their_checksums():
    assert vendor.checksums() == vendor.recorded()


def test_vendored_files_carry_their_licence_and_notice():
    folder = vendor.FOLDER / "echarts"
    assert "Apache License" in (folder / "LICENSE").read_text(encoding="utf-8")
    assert (folder / "NOTICE").exists()


def test_the_compressed_copy_is_the_same_file():
    script = vendor.FOLDER / "echarts" / "echarts.min.js"
    assert gzip.decompress(script.with_name("echarts.min.js.gz").read_bytes()) == script.read_bytes()
