"""Input that cannot be used: one error that names file, place, value and remedy, and nothing written."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from alsreg.errors import InputError

GOOD = ["1 100 . A G PASS GT 0/0 0/1 1/1", "1 200 . A G PASS GT 0/0 0/1 1/1"]


def refuse(run, *vcfs: Path, **options) -> InputError:
    with pytest.raises(InputError) as caught:
        run(*vcfs, **options)
    assert caught.value.remedy and caught.value.file
    folder = next(iter(vcfs[0].parent.glob("out */")), None)
    assert folder is None or not any(folder.iterdir()), "something was half-written"
    return caught.value


def test_missing_file(run_import, tmp_path: Path) -> None:
    assert "no such file" in str(refuse(run_import, tmp_path / "absent.vcf.gz"))


def test_empty_file(run_import, tmp_path: Path) -> None:
    (tmp_path / "a.vcf.gz").touch()
    assert "empty" in str(refuse(run_import, tmp_path / "a.vcf.gz"))


def test_not_a_vcf(run_import, tmp_path: Path) -> None:
    (tmp_path / "a.vcf").write_text("person,visit\n1,2\n")
    error = refuse(run_import, tmp_path / "a.vcf")
    assert "not a VCF" in str(error) and error.value == "person,visit"


def many(n: int = 3000) -> list[str]:
    draw = random.Random(1)
    return [f"1 {100 + k} . A G PASS GT " + " ".join(draw.choices(["0/0", "0/1", "1/1"], k=3)) for k in range(n)]


@pytest.mark.parametrize("share", [0.3, 0.6, 0.999])
def test_truncated_bgzip(write_vcf, run_import, share: float) -> None:
    path = write_vcf("a.vcf.gz", many())
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert "truncated" in str(refuse(run_import, path))


def test_truncated_gzip(write_vcf, run_import) -> None:
    path = write_vcf("a.vcf.gz", many(), how="gzip")
    path.write_bytes(path.read_bytes()[:-3000])
    error = refuse(run_import, path)
    assert "cannot be read" in str(error) and "1:" in error.where


def test_corrupt_bgzip(write_vcf, run_import) -> None:
    path = write_vcf("a.vcf.gz", many(20000), how="bgzip")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 200] = bytes(200)
    path.write_bytes(bytes(content))
    assert "cannot be read" in str(refuse(run_import, path))


def test_index_of_another_file(write_vcf, run_import) -> None:
    path = write_vcf("a.vcf.gz", GOOD)
    Path(f"{path}.tbi").write_bytes(b"nonsense")
    error = refuse(run_import, path)
    assert "index" in str(error) and "bcftools index" in error.remedy


def test_malformed_record(write_vcf, run_import) -> None:
    path = write_vcf("a.vcf", [*GOOD, "1 300 . A G PASS GT 0/0 0/1"], how="plain")
    error = refuse(run_import, path)
    assert "cannot be read" in str(error) and error.where == "after 1:200"


def test_record_without_gt(write_vcf, run_import) -> None:
    error = refuse(run_import, write_vcf("a.vcf.gz", ["1 300 . A G PASS GQ 1 2 3"]))
    assert "no GT" in str(error) and error.where == "record 1:300" and error.value == "GQ"


@pytest.mark.parametrize(("samples", "said"), [
    ("S1,S2,S1", "occur twice"), ("S1,S 2,S3", "white space"), ("S1,S2,", "white space"),
])  # fmt: skip
def test_sample_names(write_vcf, run_import, samples: str, said: str) -> None:
    error = refuse(run_import, write_vcf("a.vcf", GOOD, samples=samples, how="plain"))
    assert said in str(error) and "reheader" in error.remedy


def test_no_samples(run_import, tmp_path: Path) -> None:
    columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"]
    (tmp_path / "a.vcf").write_text("##fileformat=VCFv4.2\n" + "\t".join(columns) + "\n")
    assert "no samples" in str(refuse(run_import, tmp_path / "a.vcf"))


def test_number_of_samples(write_vcf, run_import) -> None:
    error = refuse(run_import, write_vcf("a.vcf.gz", GOOD), assay={"n_samples": 4})
    assert "says 4 samples" in str(error) and error.value == 3


def test_samples_differ_between_files(write_vcf, run_import) -> None:
    files = [write_vcf("1.vcf.gz", GOOD), write_vcf("2.vcf.gz", GOOD, samples="S1 S2 S4")]
    assert refuse(run_import, *files).value == "S3, S4"
    files = [write_vcf("1.vcf.gz", GOOD), write_vcf("2.vcf.gz", GOOD, samples="S2 S1 S3")]
    assert "another order" in str(refuse(run_import, *files))


@pytest.mark.parametrize("how", ["plain", "bgzip index"])
def test_mixed_contig_names(write_vcf, run_import, how: str) -> None:
    records = ["chr1 100 . A G PASS GT 0/0 0/1 1/1", "2 100 . A G PASS GT 0/0 0/1 1/1"]
    error = refuse(run_import, write_vcf("a.vcf.gz", records, how=how), chromosomes=("1", "2"))
    assert "mixed" in str(error) and error.value == ["2", "chr1"]


def test_header_of_another_build(write_vcf, run_import) -> None:
    path = write_vcf("a.vcf.gz", GOOD, header="##reference=file:///ref/hg19.fa\n")
    error = refuse(run_import, path)
    assert "freeze says GRCh38, the header says GRCh37" in str(error)
    path = write_vcf("b.vcf.gz", GOOD, header="##contig=<ID=2,length=243199373>\n")
    assert "GRCh37" in str(refuse(run_import, path))
    path = write_vcf("c.vcf.gz", GOOD, header="##reference=GRCh37\n##contig=<ID=2,length=242193529>\n")
    assert run_import(path).genotypes  # lengths are facts, the text a leftover


def test_wrong_chain(write_vcf, run_import, tmp_path: Path) -> None:
    chain = tmp_path / "hg18.chain.gz"
    with gzip.open(chain, "wt") as stream:
        stream.write("chain 1 chr1 247249719 + 0 1000 chr1 248956422 + 0 1000 1\n1000\n")
    path = write_vcf("a.vcf.gz", GOOD)
    with pytest.raises(InputError, match="maps from NCBI36, not from GRCh37") as caught:
        run_import(path, assay={"build": "GRCh37"}, chains={"GRCh37": str(chain)})
    assert caught.value.value == 247249719


@pytest.mark.parametrize(("text", "said"), [
    ("chain 1 chr1 10\n", "not readable as a chain"), ("hello there\n", "not readable as a chain"),
    ("chain 1 chrUn 10 + 0 10 chrUn 10 + 0 10 1\n10\n", "no chain between chromosomes"),
])  # fmt: skip
def test_not_a_chain(write_vcf, run_import, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "x.chain").write_text(text)
    with pytest.raises(InputError, match=said):
        run_import(write_vcf("a.vcf.gz", GOOD), assay={"build": "GRCh37"}, chains={"GRCh37": str(tmp_path / "x.chain")})


def test_nothing_left(write_vcf, run_import, tmp_path: Path) -> None:
    (tmp_path / "x.chain").write_text("chain 1 1 9000 + 5000 6000 1 9000 + 5000 6000 1\n1000\n\n")
    path = write_vcf("a.vcf.gz", GOOD)
    error = refuse(run_import, path, assay={"build": "GRCh37"}, chains={"GRCh37": str(tmp_path / "x.chain")})
    assert "none of the 2 records" in str(error) and error.value == {"lift_unmapped": 2}


def test_chain_and_fasta_of_different_genomes(write_vcf, run_import, tmp_path: Path) -> None:
    (tmp_path / "x.chain").write_text("chain 1 1 9000 + 0 6000 1 9000 + 0 6000 1\n6000\n\n")
    (tmp_path / "g.fa").write_text(">1\n" + "A" * 500 + "\n")
    with pytest.raises(InputError, match="samtools faidx"):
        run_import(write_vcf("a.vcf.gz", GOOD), fasta=tmp_path / "g.fa")
    (tmp_path / "g.fa.fai").write_text("1\t500\t3\t500\t501\n")
    with pytest.raises(InputError, match="9000 in the chain, 500 in the FASTA"):
        run_import(write_vcf("a.vcf.gz", GOOD), fasta=tmp_path / "g.fa", assay={"build": "GRCh37"},
                   chains={"GRCh37": str(tmp_path / "x.chain")})  # fmt: skip


@pytest.mark.parametrize("call", ["0 0", "A A", "0|0/1x"])
def test_calls_in_the_manner_of_plink(write_vcf, run_import, call: str) -> None:
    path = write_vcf("a.vcf", [*GOOD, "1 300 . A G PASS GT CALL 0/1 1/1"], how="plain")
    path.write_text(path.read_text().replace("CALL", call))
    error = refuse(run_import, path)
    assert "cannot be read" in str(error) and error.where == "after 1:200"
