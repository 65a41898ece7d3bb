"""regenie's annotation, set-list and mask files: round trip, and what is refused."""

from __future__ import annotations

import pandas as pd
import pytest

from alsreg.errors import InputError
from alsreg.formats.regenie import (
    GeneSet,
    read_annotations,
    read_masks,
    read_set_list,
    write_annotations,
    write_masks,
    write_set_list,
)

ANNOTATIONS = pd.DataFrame(
    [["1_10_A_C", "SOD1", "missense_variant"], ["X_20_G_T", "ATRX", "stop_gained"]],
    columns=["variant_id", "gene", "consequence"],
)
SETS = [GeneSet("SOD1", "1", 10, ("1_10_A_C",)), GeneSet("ATRX", "X", 20, ("X_20_G_T", "X_30_A_G"))]


def test_round_trip(tmp_path):
    write_annotations(ANNOTATIONS, tmp_path / "a")
    write_set_list(SETS, tmp_path / "s")
    write_masks({"lof": ["stop_gained", "frameshift_variant"]}, tmp_path / "m")
    assert read_annotations(tmp_path / "a").to_numpy().tolist() == ANNOTATIONS.to_numpy().tolist()
    assert read_set_list(tmp_path / "s") == SETS
    assert read_masks(tmp_path / "m", ANNOTATIONS) == {"lof": ["stop_gained", "frameshift_variant"]}
    assert (tmp_path / "s").read_text().splitlines()[1] == "ATRX\t23\t20\tX_20_G_T,X_30_A_G"


def test_windows_newlines_blanks_and_byte_order_mark(tmp_path):
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbf1_10_A_C SOD1  missense_variant\r\n\r\nX_20_G_T\tATRX\tstop_gained\r\n")
    assert read_annotations(tmp_path / "a").to_numpy().tolist() == ANNOTATIONS.to_numpy().tolist()
    (tmp_path / "m").write_bytes(b"lof stop_gained\r\n")
    assert read_masks(tmp_path / "m", ANNOTATIONS) == {"lof": ["stop_gained"]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SOD1 1 10 v1\nSOD1 2 10 v2\n", "two places, chromosome 1 and 2"),
        ("SOD1 1 ten v1\n", "not a position"),
        ("SOD1 99 10 v1\n", "unknown chromosome"),
        ("SOD1 1 10\n", "3 fields where 4"),
        ("\r\n", "empty"),
    ],
)
def test_faulty_set_lists_are_refused(tmp_path, text, message):
    (tmp_path / "s").write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read_set_list(tmp_path / "s")
    assert caught.value.remedy


def test_faulty_annotations_and_masks_are_refused(tmp_path):
    (tmp_path / "a").write_text("v1 SOD1 missense\nv1 SOD1 stop\n")
    with pytest.raises(InputError, match="two consequences in one gene"):
        read_annotations(tmp_path / "a")
    (tmp_path / "m").write_text("lof LoF\n")
    with pytest.raises(InputError, match="mask lof matches no variant") as caught:
        read_masks(tmp_path / "m", ANNOTATIONS)
    assert "missense_variant" in str(caught.value)
    (tmp_path / "m").write_text("lof stop_gained\nlof missense_variant\n")
    with pytest.raises(InputError, match="stands twice"):
        read_masks(tmp_path / "m", ANNOTATIONS)
    with pytest.raises(InputError, match="no such file"):
        read_annotations(tmp_path / "absent")
