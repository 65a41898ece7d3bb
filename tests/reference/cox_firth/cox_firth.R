# Firth's penalised partial likelihood from R's survival alone: likelihood and information are coxph's at a given beta
# (iter.max = 0), optim maximises. coxphf is not packaged for Debian. Usage: Rscript cox_firth.R FOLDER
library(survival)
folder <- commandArgs(TRUE)[1]
set.seed(20261124)
n <- 400
d <- data.frame(sex = rbinom(n, 1, 0.45), age = round(rnorm(n, 62, 11), 1), stratum = rbinom(n, 1, 0.4),
                few = 0, none = 0, many = rbinom(n, 1, 0.2))
d$entry <- floor(rexp(n, 1 / 10))
d$exit <- d$entry + ceiling(rexp(n, exp(-3.6 + 0.02 * (d$age - 62) + 0.3 * d$many)))
d$event <- rbinom(n, 1, 0.7)
d$few[sample(n, 6)] <- 1
d$none[sample(which(d$event == 0), 5)] <- 1
write.csv(d, file.path(folder, "people.csv"), row.names = FALSE)
control <- coxph.control(eps = 1e-13, iter.max = 0, toler.chol = 1e-14)
rows <- list()
for (ties in c("efron", "breslow")) for (stratified in c(FALSE, TRUE)) for (g in c("few", "none", "many")) {
  right <- paste("sex + age +", g, if (stratified) "+ strata(stratum)")
  f <- as.formula(paste("Surv(entry, exit, event) ~", right))
  value <- function(b) {
    fit <- coxph(f, data = d, ties = ties, init = b, control = control)
    fit$loglik[1] - 0.5 * as.numeric(determinant(fit$var)$modulus)
  }
  best <- function(free, start) {
    to <- function(x) { b <- c(0, 0, 0); b[free] <- x; b }
    x <- start[free]
    for (k in 1:4) x <- optim(x, function(x) -value(to(x)), method = "BFGS",
                              control = list(reltol = 1e-15, maxit = 1000, parscale = c(0.1, 0.01, 0.5)[free]))$par
    to(x)
  }
  null <- best(1:2, c(0, 0, 0)); full <- best(1:3, null)
  se <- sqrt(coxph(f, data = d, ties = ties, init = full, control = control)$var[3, 3])
  lrt <- 2 * (value(full) - value(null))
  rows[[length(rows) + 1]] <- data.frame(ties = ties, is_stratified = stratified, genotype = g, beta = full[3], se = se,
    penloglik = value(full), penloglik_null = value(null), p = pchisq(lrt, 1, lower.tail = FALSE))
}
write.csv(do.call(rbind, lapply(rows, function(r) { r[] <- lapply(r, function(x) if (is.numeric(x)) format(x, digits = 15) else x); r })),
          file.path(folder, "answers.csv"), row.names = FALSE, quote = FALSE)
writeLines(c(R.version.string, paste("survival", packageVersion("survival"))), file.path(folder, "versions.txt"))
