"""Repeat numbers from VCFs in ExpansionHunter's layout."""

import gzip
from pathlib import Path

import pytest

from alsreg.errors import InputError
from alsreg.formats.repeats import read_repeats

HEADER = """##fileformat=VCFv4.1
##INFO=<ID=REPID,Number=1,Type=String,Description="Repeat identifier as specified in the variant catalog">
##INFO=<ID=VARID,Number=1,Type=String,Description="Variant identifier as specified in the variant catalog">
##FORMAT=<ID=REPCN,Number=1,Type=String,Description="Number of repeat units spanned by the allele">
##FORMAT=<ID=REPCI,Number=1,Type=String,Description="Confidence interval for REPCN">
##FILTER=<ID=LowDepth,Description="The overall locus depth is below 10x or number of reads spanning one or both breakends is below 5">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t"""
C9 = "chr9\t27573528\t.\tC\t<STR2>,<STR349>\t.\t{filter}\tEND=27573546;REF=3;RL=18;RU=GGCCCC;VARID={name};REPID=C9ORF72\tGT:SO:REPCN:REPCI:ADSP:ADFL:ADIR:LC\t"
GENES = ["C9orf72", "ATXN2"]


def write(path: Path, samples: list[str], *records: str) -> Path:
    text = HEADER + "\t".join(samples) + "\n" + "\n".join(records) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def record(*calls: str, filter: str = "PASS", name: str = "C9ORF72") -> str:
    return C9.format(filter=filter, name=name) + "\t".join(calls)


@pytest.mark.parametrize("name", ["eh.vcf", "eh.vcf.gz"])
def test_alleles_and_limits_of_the_longer(tmp_path: Path, name: str) -> None:
    calls = [
        "1/2:SPANNING/INREPEAT:2/349:2-2/323-376:19/0:3/6:0/459:45.6",
        "1/1:SPANNING/SPANNING:8/8:8-8/8-8:9/9:5/5:0/0:40",
    ]
    found = read_repeats(write(tmp_path / name, ["a", "b"], record(*calls)), GENES)
    assert found.to_numpy().tolist() == [
        ["a", "C9orf72", 2, 349, 323, 376, "called"],
        ["b", "C9orf72", 8, 8, 8, 8, "called"],
    ]


def test_uncalled_filtered_and_haploid(tmp_path: Path) -> None:
    path = write(tmp_path / "eh.vcf", ["a", "b"], record("./.:.:./.:.:.:.:.:2", "0:SPANNING:23:.:9:5:0:40"))
    found = read_repeats(path, GENES)
    assert found["status"].tolist() == ["not called", "called"]
    assert found.loc[0, ["shorter", "longer", "lower"]].isna().all() and found.loc[
        1, ["shorter", "longer", "lower"]
    ].tolist() == [23, 23, 23]
    path = write(tmp_path / "low.vcf", ["a"], record("1/1:S/S:2/2:2-2/2-2:1/1:0/0:0/0:3", filter="LowDepth"))
    assert read_repeats(path, GENES)["status"].tolist() == ["filter LowDepth"]


def test_other_repeats_are_passed_over_and_names_need_no_case(tmp_path: Path) -> None:
    other = record("1/1:S/S:20/21:20-20/21-21:1/1:0/0:0/0:30", name="ATXN2_other").replace(
        "REPID=C9ORF72", "REPID=ATXN2"
    )
    atxn2 = other.replace("VARID=ATXN2_other", "VARID=atxn2")
    assert read_repeats(write(tmp_path / "eh.vcf", ["a"], other, atxn2), GENES)["gene"].tolist() == ["ATXN2"]


@pytest.mark.parametrize(("records", "message"), [
    ([record("1/1:S/S:two/3:2-2/3-3:1/1:0/0:0/0:3")], "sample a: not a number of repeats"),
    ([record("1/1").replace("GT:SO:REPCN:REPCI:ADSP:ADFL:ADIR:LC", "GT")], "without REPCN"),
    ([record("1/1:S/S:2/3")] * 2, "two records of C9orf72"),
    ([record("1/1:S/S:2/3", "x")], "not a VCF with samples"),
])  # fmt: skip
def test_bad_files_are_refused(tmp_path: Path, records: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_repeats(write(tmp_path / "eh.vcf", ["a"], *records), GENES)
