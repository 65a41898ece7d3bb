#!/bin/sh
# Freeze how bcftools 1.16 (Debian 12) splits and left-aligns: normalise.sh
# Reads genome.fa and unnormalised.txt (made once by normalise.py, seed 3); writes normalised.tsv:
# position ref alt, then one column of copies of ALT per sample.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
bcftools norm -m- -f "$here/genome.fa" "$here/unnormalised.txt" 2> /dev/null |
    bcftools query -f '%POS\t%REF\t%ALT[\t%GT]\n' |
    sed 's/0\/0/0/g; s/0\/1/1/g; s/1\/0/1/g; s/1\/1/2/g; s/\.\/\./NA/g' > "$here/normalised.tsv"
