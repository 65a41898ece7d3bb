# Frozen answers for the external-control comparison: confounded cohorts with delayed entry and tied months, and what R says.
# Rscript make.R (in this folder) writes people.csv, visits.csv, answers.csv, dfbeta.csv, pairs.csv, versions.csv.
library(survival)
library(lme4)
library(MatchIt)
set.seed(20261124)
n <- 400
age <- round(rnorm(n, 62, 10), 1)
total <- pmin(48, pmax(18, round(rnorm(n, 38, 6))))
bulbar <- rbinom(n, 1, 0.3)
months <- round(rexp(n, 1 / 14) + 3, 1)
lp <- -0.9 - 0.03 * (age - 62) + 0.10 * (total - 38) - 0.6 * bulbar - 0.02 * (months - 17)
treated <- rbinom(n, 1, plogis(lp))
entry <- ifelse(runif(n) < 0.3, floor(rexp(n, 1 / 3)), 0)
event_time <- ceiling(rweibull(n, 1.3, 30 * exp(-0.02 * (age - 62) + 0.03 * (total - 38))))
censor_time <- ceiling(runif(n, 6, 48))
exit <- pmin(event_time, censor_time)
event <- as.integer(event_time <= censor_time)
keep <- exit > entry
people <- data.frame(person = sprintf("P%03d", 1:n), treated, age, total, bulbar, months, entry, exit, event)[keep, ]
write.csv(people, "people.csv", row.names = FALSE, quote = FALSE)
people <- read.csv("people.csv")
visits <- do.call(rbind, lapply(seq_len(nrow(people)), function(i) {
  at <- seq(0, min(people$exit[i], 24), by = 3)
  a <- rnorm(1, 0, 2); b <- rnorm(1, -0.8 + 0.2 * people$treated[i], 0.4)
  data.frame(person = people$person[i], month = at, total = round(people$total[i] + a + b * at + rnorm(length(at), 0, 1.2), 1))
}))
write.csv(visits, "visits.csv", row.names = FALSE, quote = FALSE)
visits <- read.csv("visits.csv")

answers <- data.frame(quantity = character(), value = numeric())
put <- function(name, value) answers[nrow(answers) + 1, ] <<- list(name, as.numeric(value))
ps <- glm(treated ~ age + total + bulbar + months, binomial, people, epsilon = 1e-15, maxit = 100)
eta <- predict(ps)
e <- fitted(ps)
put("log_odds_1", eta[1]); put("log_odds_sum_of_squares", sum(eta^2))
put("covariance_trace_of_log_odds", sum(predict(ps, se.fit = TRUE)$se.fit^2))
w <- with(people, list(naive = rep(1, nrow(people)), att = ifelse(treated == 1, 1, e / (1 - e)),
  ate = ifelse(treated == 1, mean(treated) / e, mean(1 - treated) / (1 - e)), overlap = ifelse(treated == 1, 1 - e, e)))
people$id <- seq_len(nrow(people))
dfbeta <- data.frame(person = people$person)
control <- coxph.control(eps = 1e-13, iter.max = 100)
for (kind in names(w)) {
  people$w <- w[[kind]]
  fit <- coxph(Surv(entry, exit, event) ~ treated, people, weights = w, cluster = id, ties = "efron", control = control)
  put(paste0(kind, "_beta"), coef(fit)); put(paste0(kind, "_robust_se"), sqrt(vcov(fit)))
  put(paste0(kind, "_information"), 1 / fit$naive.var)
  dfbeta[[kind]] <- residuals(fit, type = "dfbeta", weighted = TRUE)
  for (group in 0:1) {
    part <- people[people$treated == group, ]
    curve <- survfit(Surv(entry, exit, event) ~ 1, part, weights = w, id = id, robust = TRUE, influence = TRUE)
    for (time in c(6, 12, 24)) {
      at <- summary(curve, times = time)
      put(sprintf("%s_%d_survival_%d", kind, group, time), at$surv)
      put(sprintf("%s_%d_survival_se_%d", kind, group, time), at$std.err)
    }
    put(sprintf("%s_%d_rmst_24", kind, group), summary(curve, rmean = 24)$table["rmean"])
    influence <- residuals(curve, times = 24, type = "rmst", weighted = TRUE)
    put(sprintf("%s_%d_rmst_24_se", kind, group), sqrt(sum(influence^2)))
  }
  ess <- sapply(0:1, function(g) sum(people$w[people$treated == g])^2 / sum(people$w[people$treated == g]^2))
  put(paste0(kind, "_ess_control"), ess[1]); put(paste0(kind, "_ess_treated"), ess[2])
}
# Balance by formula, the standard deviation of before weighting.
for (x in c("age", "total", "bulbar")) {
  a <- people[[x]][people$treated == 1]; b <- people[[x]][people$treated == 0]
  v <- if (x == "bulbar") c(mean(a) * (1 - mean(a)), mean(b) * (1 - mean(b))) else c(var(a), var(b))
  put(paste0("smd_", x), (mean(a) - mean(b)) / sqrt(mean(v)))
  wb <- w$att[people$treated == 0]
  put(paste0("smd_att_", x), (mean(a) - weighted.mean(b, wb)) / sqrt(mean(v)))
}
# Matching: MatchIt's greedy nearest neighbour, highest score first.
caliper <- 0.2 * sqrt((var(eta[people$treated == 1]) + var(eta[people$treated == 0])) / 2)
put("caliper", caliper)
# Distances are given as a matrix: from a vector MatchIt 4.5.1 passes over the nearest control of P067 and others.
sorted <- people[order(-eta), ]
sorted$eta <- eta[order(-eta)]
m <- matchit(treated ~ age + total + bulbar + months, sorted, method = "nearest", distance = abs(outer(sorted$eta, sorted$eta, "-")),
  m.order = "data", replace = FALSE)
found <- m$match.matrix[!is.na(m$match.matrix[, 1]), , drop = FALSE]
stopifnot(abs(sorted[rownames(found), "eta"] - sorted[found[, 1], "eta"]) <= caliper) # which a matrix cannot have
pairs <- data.frame(treated = sorted[rownames(found), "person"], control = sorted[found[, 1], "person"])
write.csv(pairs, "pairs.csv", row.names = FALSE, quote = FALSE)
matched <- rbind(transform(people[match(pairs$treated, people$person), ], pair = seq_len(nrow(pairs))),
  transform(people[match(pairs$control, people$person), ], pair = seq_len(nrow(pairs))))
fit <- coxph(Surv(entry, exit, event) ~ treated, matched, cluster = pair, ties = "efron", control = control)
put("matched_beta", coef(fit)); put("matched_robust_se", sqrt(vcov(fit)))
# Slopes: lme4's difference in slope, unweighted.
visits$treated <- people$treated[match(visits$person, people$person)]
lmm <- lmer(total ~ month * treated + (month | person), visits, control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10)))
put("slope_difference", fixef(lmm)["month:treated"])
write.csv(format(answers, digits = 17), "answers.csv", row.names = FALSE, quote = FALSE)
write.csv(format(dfbeta, digits = 17), "dfbeta.csv", row.names = FALSE, quote = FALSE)
write.csv(data.frame(software = c("R", "survival", "lme4", "MatchIt"), version = c(paste(R.version$major, R.version$minor, sep = "."),
  sapply(c("survival", "lme4", "MatchIt"), function(p) as.character(packageVersion(p))))), "versions.csv", row.names = FALSE, quote = FALSE)
