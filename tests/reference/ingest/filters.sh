#!/bin/sh
# Freeze genotype counts of kg_lowcov after filters, as PLINK 2 and bcftools apply them: filters.sh DATA_FOLDER
# plink2 v2.00a3.5 (--vcf-min-gq, --vcf-min-dp), bcftools 1.16 (filter -S .), Debian 12.
# Writes filters_gq_dp.tsv.gz and filters_all.tsv.gz: chromosome position hom_ref het hom_alt missing.
set -eu
vcf="$1/kg_lowcov/1kg_hail_tutorial.vcf.gz"
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Sexes do not matter: without them PLINK counts chromosome X as diploid. Only counts leave this script.
freeze() {
    plink2 --silent --vcf "$1" $3 --allow-extra-chr --geno-counts cols=chrom,pos,homref,refalt,homalt1,missing --out "$work/x"
    grep -v '^#' "$work/x.gcount" | cut -f 1,2,4- | gzip -n > "$here/$2"
}
freeze "$vcf" filters_gq_dp.tsv.gz "--vcf-min-gq 20 --vcf-min-dp 5"
het='GT="het" & (AD[*:1]/(AD[*:0]+AD[*:1])<0.2 | AD[*:1]/(AD[*:0]+AD[*:1])>0.8)'
ref='GT="RR" & AD[*:1]/(AD[*:0]+AD[*:1])>0.1'
alt='GT="AA" & AD[*:0]/(AD[*:0]+AD[*:1])>0.1'
bcftools filter -S . -e "FMT/GQ<20 | FMT/DP<5 | ($het) | ($ref) | ($alt)" -Ob -o "$work/x.bcf" "$vcf" 2> "$work/log"
plink2 --silent --bcf "$work/x.bcf" --allow-extra-chr --make-pgen --out "$work/y"
plink2 --silent --pfile "$work/y" --geno-counts cols=chrom,pos,homref,refalt,homalt1,missing --out "$work/x"
grep -v '^#' "$work/x.gcount" | cut -f 1,2,4- | gzip -n > "$here/filters_all.tsv.gz"
