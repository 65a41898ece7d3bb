# Frozen answers about prognosis, from R's survival, on the simulated cohort of tests/reference/oracles (monthly times, tied).
# Run in this folder:   Rscript make.R
# concordance.csv  survival::concordance of (start, stop] data, with and without entry, ties in the score or not
# resamples.csv    bootstrap resamples: drawn rows (1-based), C of the refitted model in the resample and in everybody, and the
#                  slope of its linear predictor in everybody
# curves.csv       per risk group: survfit with entry after a landmark, and the model's conditional expected survival there
# expected.csv     expected events of each risk group: observed minus martingale residuals
# versions.csv
suppressMessages(library(survival))
read <- function(name) read.csv(file.path("../oracles", name))
d <- merge(read("covariates.csv"), read("survival.csv"), by = "person"); d <- d[order(d$person), ]
d$start <- d$entry; d$stop <- d$exit
ctl <- coxph.control(eps = 1e-13, iter.max = 100, toler.chol = 1e-14)
model <- Surv(start, stop, event) ~ age + sex + pc1 + pc2
fit <- coxph(model, d, ties = "efron", control = ctl)
d$index <- predict(fit, d, type = "lp", reference = "sample"); d$index <- d$index - mean(d$index)
num <- function(x) sprintf("%.14g", x)
rows <- list()
for (entry in c(TRUE, FALSE)) for (score in c("index", "rounded", "sex")) {
  x <- switch(score, index = d$index, rounded = round(d$index, 1), sex = d$sex)
  y <- if (entry) Surv(d$start, d$stop, d$event) else Surv(d$stop, d$event)
  k <- concordance(y ~ x, reverse = TRUE)
  rows[[length(rows) + 1]] <- data.frame(entry, score, c = num(k$concordance), se = num(sqrt(k$var)), concordant = num(k$count[["concordant"]]), discordant = num(k$count[["discordant"]]), tied = num(k$count[["tied.x"]]))
}
write.csv(do.call(rbind, rows), "concordance.csv", row.names = FALSE, quote = FALSE)
set.seed(7); rows <- list()
for (b in 1:5) {
  i <- sample(nrow(d), replace = TRUE); e <- d[i, ]
  f <- coxph(model, e, ties = "efron", control = ctl)
  lp <- function(x) as.vector(as.matrix(x[, c("age", "sex", "pc1", "pc2")]) %*% coef(f))
  cc <- function(x) concordance(Surv(x$start, x$stop, x$event) ~ lp(x), reverse = TRUE)$concordance
  slope <- coef(coxph(Surv(start, stop, event) ~ lp(d), d, ties = "efron", control = ctl))
  rows[[b]] <- data.frame(b, c_resample = num(cc(e)), c_everybody = num(cc(d)), slope = num(slope), rows = paste(i, collapse = " "))
}
write.csv(do.call(rbind, rows), "resamples.csv", row.names = FALSE, quote = FALSE)
base <- basehaz(fit, centered = FALSE); m <- mean(as.matrix(d[, c("age", "sex", "pc1", "pc2")]) %*% coef(fit))
h <- diff(c(0, base$hazard)) * exp(m); at <- base$time
d$group <- findInterval(d$index, quantile(d$index, 1:3 / 4), left.open = TRUE) + 1
rows <- expected <- list(); from <- 24
for (g in 1:4) {
  e <- d[d$group == g, ]
  expected[[g]] <- data.frame(group = g, n = nrow(e), n_events = sum(e$event), expected = num(sum(e$event - residuals(fit, "martingale")[d$group == g])))
  late <- e[e$stop > from, ]; late$start <- pmax(late$start, from)
  km <- summary(survfit(Surv(start, stop, event) ~ 1, late, conf.type = "log-log"), times = c(36, 48, 60), extend = TRUE)
  mean_risk <- sapply(at, function(t) { inside <- e$start < t & e$stop >= t; if (any(inside)) mean(exp(e$index[inside])) else 0 })
  for (j in 1:3) rows[[length(rows) + 1]] <- data.frame(group = g, from, months = km$time[j], observed = num(km$surv[j]), lower = num(km$lower[j]), upper = num(km$upper[j]),
    predicted = num(exp(-sum((h * mean_risk)[at > from & at <= km$time[j]]))))
}
write.csv(do.call(rbind, rows), "curves.csv", row.names = FALSE, quote = FALSE)
write.csv(do.call(rbind, expected), "expected.csv", row.names = FALSE, quote = FALSE)
write.csv(data.frame(software = c("R", "survival"), version = c(as.character(getRversion()), as.character(packageVersion("survival")))), "versions.csv", row.names = FALSE, quote = FALSE)
