# Frozen answers about Cox models stratified by hospital, from R's survival, on the simulated cohort of tests/reference/oracles.
# Run in this folder:   Rscript make.R
# strata.csv    coxph(Surv(entry, exit, event) ~ g + covariates + strata(hospital)), hospital = row of the person modulo 3.
#   complete case: n, n_events, beta, se, lrt_p, zph_p (cox.zph, transform "km", row g), zph_rank_p.
#   score_chisq: score test at beta_g = 0 with missing genotypes at the mean over all people, as in oracles/coxph.csv.
suppressMessages(library(survival))
oracles <- "../oracles"
gt <- read.csv(file.path(oracles, "genotypes.csv.gz"), check.names = FALSE); rownames(gt) <- gt$person
read <- function(name) read.csv(file.path(oracles, name))
d <- merge(read("covariates.csv"), read("survival.csv"), by = "person")
G <- as.matrix(gt[d$person, -1])
d$hospital <- seq_len(nrow(d)) %% 3
rhs <- "age + sex + pc1 + pc2 + pc3 + strata(hospital)"
variants <- colnames(G)[substr(colnames(G), 1, 1) %in% c("C", "D", "L")][1:20]
ctl <- coxph.control(eps = 1e-13, iter.max = 100, toler.chol = 1e-14)
rows <- list()
for (ties in c("efron", "breslow")) for (v in variants) {
  full <- d; full$g <- ifelse(is.na(G[, v]), mean(G[, v], na.rm = TRUE), G[, v])
  null <- coxph(as.formula(paste("Surv(entry, exit, event) ~", rhs)), full, ties = ties, control = ctl)
  s <- suppressWarnings(coxph(as.formula(paste("Surv(entry, exit, event) ~ g +", rhs)), full, ties = ties,
    init = c(0, coef(null)), control = coxph.control(iter.max = 0)))
  dd <- full; dd$g <- G[, v]; dd <- dd[!is.na(dd$g), ]
  n0 <- coxph(as.formula(paste("Surv(entry, exit, event) ~", rhs)), dd, ties = ties, control = ctl)
  m <- coxph(as.formula(paste("Surv(entry, exit, event) ~ g +", rhs)), dd, ties = ties, control = ctl)
  zph <- function(transform) cox.zph(m, transform = transform, terms = FALSE)$table["g", "p"]
  rows[[length(rows) + 1]] <- data.frame(ties, variant = v, n = nrow(dd), n_events = sum(dd$event), beta = coef(m)["g"],
    se = sqrt(m$var[1, 1]), lrt_p = pchisq(2 * (m$loglik[2] - n0$loglik[2]), 1, lower.tail = FALSE),
    zph_p = zph("km"), zph_rank_p = zph("rank"), score_chisq = s$score)
}
x <- do.call(rbind, rows)
for (k in names(x)) if (is.double(x[[k]])) x[[k]] <- sprintf("%.17g", x[[k]])
write.csv(x, "strata.csv", row.names = FALSE, quote = FALSE)
write.csv(data.frame(software = c("R", "survival"), version = c(as.character(getRversion()), as.character(packageVersion("survival")))),
  "versions.csv", row.names = FALSE, quote = FALSE)
