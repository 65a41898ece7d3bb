"""Words and phrases of the tables that a page may show, marked for translation; see `alsreg.report.terms`."""

from __future__ import annotations

from alsreg.language import noop

TRAITS = (
    noop("age at onset"), noop("bulbar onset"), noop("survival"), noop("slope"), noop("quantitative"), noop("binary"),
    noop("longitudinal"), noop("cognitive impairment"), noop("bulbar score"), noop("fine motor score"), noop("gross motor score"), noop("respiratory score"), noop("diagnostic delay months"), noop("age at onset"), noop("delta fs per month"), noop("total"), noop("bulbar"),
    noop("fine motor"), noop("gross motor"), noop("respiratory"), noop("sex"), noop("onset region"), noop("site of onset"),
    noop("family history"), noop("has ftd"), noop("el escorial"), noop("riluzole"), noop("age at onset years"), noop("is bulbar onset"),
    noop("delay to diagnosis months"), noop("registration year"),
)  # fmt: skip
LEVELS = (
    noop("M"), noop("F"), noop("upper limb"), noop("lower limb"), noop("axial"), noop("generalised"), noop("thoracic"),
    noop("unknown"), noop("not known"), noop("other"), noop("death"), noop("tracheostomy"), noop("niv 23h"), noop("niv"),
    noop("gastrostomy"), noop("error"), noop("warning"), noop("same"), noop("first"), noop("second"), noop("third"),
    noop("unrelated"), noop("parent child"), noop("siblings"), noop("not testable"), noop("expected match"), noop("swap"), noop("missing match"),
    noop("unexpected same"), noop("relative"), noop("none"), noop("no date"),
    noop("no last contact"), noop("no registration date"), noop("no onset date"), noop("entry at or after exit"),
    noop("exit before entry"), noop("no follow-up"), noop("an event cannot be used"), noop("exit not after entry"), noop("possible"), noop("probable"), noop("definite"), noop("suspected"),
)  # fmt: skip
LOSSES = (
    noop("unknown sample"), noop("low call rate"), noop("heterozygosity outlier"), noop("sex mismatch"), noop("contaminated"), noop("no depth"), noop("no ad"), noop("no dp"), noop("no gq"),
    noop("ti tv outlier"), noop("identity"), noop("hwe failure"), noop("batch effect"), noop("mendelian failure"),
    noop("discordant"), noop("platform effect"), noop("monomorphic"), noop("palindromic undecided"), noop("lift unmapped"),
    noop("strand flipped"), noop("filter not pass"), noop("no alternate allele"), noop("off genome"), noop("ref alt swapped"),
    noop("ref mismatch"), noop("alleles as exported"), noop("array not biallelic snp"), noop("lift reversed indel"),
    noop("alt equals ref"), noop("trimmed"), noop("left aligned"), noop("lifted"), noop("split"),
    noop("is low call rate"), noop("is hwe failure"), noop("is discordant"), noop("is platform effect"),
)  # fmt: skip
COMPARED = (
    noop("entered"), noop("left"), noop("stayed"), noop("came"), noop("changed"), noop("renamed"), noop("column came"), noop("column left"),
    noop("appeared"), noop("vanished"), noop("kept"), noop("moved"), noop("patients"), noop("visits"), noop("events"), noop("samples"),
    noop("cohort"), noop("trait"), noop("assay"), noop("setting"), noop("freeze"), noop("version"), noop("input"),
    noop("in the cohort"), noop("not registered"), noop("no sample on the cohort's assays"), noop("left out by the cohort's filters"),
    noop("consent withdrawn"), noop("fixed effects"), noop("random effects"), noop("no usable number"), noop("given twice"),
    noop("other alleles than elsewhere at the position"), noop("palindromic, strand undecided"), noop("palindromic, strand by frequency"),
    noop("frequency differs"), noop("alleles swapped"), noop("other strand"), noop("in too few studies"), noop("in too few studies, or in none"),
)  # fmt: skip
# The keys of `alsreg.clinical.findings.RULES`.
RULES = (
    noop("empty id"), noop("whitespace in id"), noop("reserved id"), noop("scientific id"), noop("totals row"), noop("similar id"),
    noop("full width digits"), noop("half width katakana"), noop("damaged text"), noop("missing value"), noop("incomplete row"),
    noop("unreadable date"), noop("swapped day and month"), noop("impossible date"), noop("ambiguous date"),
    noop("date too early"), noop("partial date"), noop("excel serial date"), noop("future date"), noop("after freeze date"),
    noop("unknown code"), noop("not a number"), noop("item not integer"), noop("item out of range"), noop("duplicate person"),
    noop("contradicting person"), noop("duplicate visit"), noop("contradicting visit"), noop("duplicate event"),
    noop("contradicting event"), noop("duplicate sample"), noop("contradicting sample"), noop("duplicate child"),
    noop("contradicting child"), noop("unknown person"), noop("sample of unknown person"), noop("unknown assay"),
    noop("visit without items"), noop("missing items"), noop("cutting and gastrostomy"), noop("total differs"),
    noop("repeated last contact"), noop("impossible parent"), noop("ignored event"), noop("dates run backwards"),
    noop("partial date out of order"), noop("implausible age at onset"), noop("visit before registration"),
    noop("visit after death"), noop("visit after last contact"), noop("event before registration"), noop("event after death"),
    noop("event after last contact"), noop("contact after death"), noop("dna after death"), noop("improbable rise"),
    noop("probable duplicate person"), noop("person without visits"), noop("person without events"),
    noop("person without sample"), noop("person sampled twice"), noop("override applied"), noop("override unused"),
    noop("withdrawn unknown"), noop("not utf8"), noop("unused column"),
)  # fmt: skip
STATES = (
    noop("tested"), noop("fitted"), noop("refitted"), noop("assigned"), noop("in the model"), noop("not in the registry"),
    noop("chosen"), noop("no maximum found"), noop("counted"), noop("assessed"), noop("not assessed"), noop("no repeat judged here"),
    noop("compared"), noop("resampled"), noop("signal"), noop("lead"), noop("no further signal"), noop("estimated"),
    noop("no annotated variant has this gene symbol"), noop("no genotypes"), noop("covariates leave no information on the effect"),
    noop("no common lead near the gene"), noop("burden and skat only"), noop("people may be related"),
    noop("not for longitudinal traits"), noop("n resamples is 0"), noop("n_resamples is 0"), noop("one source assay"),
    noop("no finite effect: events on one side only"), noop("no event among carriers"), noop("the genotype separates the events"),
    noop("no qualifying variants"), noop("no mask could be tested"), noop("no variant compared is carried"),
    noop("the covariance of the scores is not positive semidefinite"), noop("the weighted sum of copies does not vary"),
    noop("left out: everybody has one value"), noop("not recorded"), noop("as analysed"), noop("given the prognostic index"),
    noop("same people, without the index"), noop("same people and visits"), noop("jointly with survival"),
    noop("nobody has the genotype, visits and a survival time"), noop("no variant could be tested"), noop("no variants"),
    noop("neither saddlepoint nor Firth fit converged"), noop("fewer people with a genotype than parameters"),
    noop("related to someone analysed"), noop("too few genotypes to tell relationships"),
    noop("carrier in a definitive gene of the panel"), noop("no usable sample in an assay that carries the variant"),
    noop("naive"), noop("weighted"), noop("matched"), noop("treated"), noop("controls"),
    noop("the trait has missing or infinite values"), noop("the covariates explain the trait completely"),
    noop("the variant does not vary among the people analysed"),
)  # fmt: skip
METHODS = (
    noop("score"), noop("wald"), noop("firth"), noop("saddlepoint"), noop("exact t"), noop("fisher"), noop("exact stratified"),
    noop("likelihood ratio"), noop("signed root"), noop("burden"), noop("skat"), noop("skat o"), noop("acat v"), noop("acat o"),
    noop("omnibus"), noop("contour"), noop("cauchy"), noop("signed root lrt"), noop("ols"), noop("reml"), noop("cox"), noop("refit wald"), noop("lof"), noop("loss of function"), noop("protein altering"), noop("all masks"),  noop("missense"), noop("calibration"), noop("all"),
)  # fmt: skip
PANEL = (
    noop("definitive"), noop("definitive genes"), noop("strong"), noop("moderate"), noop("limited"), noop("risk"), noop("modifier"),
    noop("disputed"), noop("stop gained"), noop("frameshift variant"), noop("splice acceptor variant"), noop("splice donor variant"),
    noop("start lost"), noop("stop lost"), noop("missense variant"), noop("inframe deletion"), noop("inframe insertion"),
    noop("synonymous variant"), noop("splice region variant"), noop("intron variant"), noop("exonic"), noop("splicing"),
)  # fmt: skip
WORDS = (*TRAITS, *LEVELS, *LOSSES, *RULES, *STATES, *METHODS, *PANEL, *COMPARED)

# The more special first: a phrase is the first that fits.
PHRASES = (
    noop("mixed: {reason}"), noop("joint: {reason}"), noop("as analysed: {reason}"), noop("same people and visits: {reason}"),
    noop("jointly with survival: {reason}"), noop("no model: {reason}"), noop("no classes: {reason}"),
    noop("not estimable: {reason}"), noop("no overlap: {reason}"), noop("missing: {columns}"), noop("excluded: {reason}"),
    noop("predicted only: no survival time, {reason}"), noop("{column} = {level}"), noop("{column}={level}"), noop("{column} × time"), noop("{n} strata"), noop("log({column})"), noop("1/sqrt({column})"),
    noop("{column} + {n}"),
    noop("events after {low} to {high} months"), noop("events after {low} months"), noop("the lead is not genome-wide significant"),
    noop("{n} signals in the locus, where one is assumed"), noop("N is weak: {n} people"), noop("N is weak: {n} events or cases"),
    noop("N differs: variants were seen in {n} to {k} people, and the better seen are favoured"),
    noop("LD is weak: a member has r2 {value} with the lead"), noop("{assay}: {reason}"),
    noop("only {n} variants tested in the locus: the cause may not be among them"), noop("death only"), noop("cause specific"), noop("subdistribution"), noop("ventilation"),
    noop("without the most influential person: {reason}"), noop("no competing event: the same as cause-specific"),
    noop("left out: missing for more than {percent} % of people"),
    noop("smallest class holds less than {percent} % of people"), noop("entropy below {value}: classes cannot be told apart"),
    noop("larger BIC than {n} classes"), noop("fewer than {n} scored visits"), noop("fewer than {n} people have {k} scored visits"),
    noop("fewer than {n} people have two visits"), noop("fewer than {n} carriers with the trait"),
    noop("fewer than {n} others with the trait"), noop("fewer than {n} people had the event"), noop("mac < {value}"),
    noop("expected cases or controls among carriers < {value}"), noop("{n} people are too few for {k} covariates"),
    noop("the trait is constant among the {n} people analysed"), noop("no event among {n} people, so there is no curve"),
    noop("no event among {n} people, so there is no survival curve"),
    noop("{n} events are too few for the joint model of decline and survival"),
    noop("{n} effective {group} people, fewer than {k}"), noop("{n} pairs, fewer than {k}"),
    noop("{percent} of the treated have no control of their own within the caliper"),
    noop("{percent} of the treated have no counterpart among the controls"),
    noop("{column} occurs in one cohort only; admit it in neither by a criterion"), noop("free of {events}, and followed after time zero"),
    noop("{problem}. Remedy: {remedy}"), noop("{first}, {others}"),
    noop("no usable sample: {reason}"),
)  # fmt: skip
