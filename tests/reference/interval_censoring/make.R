# Frozen answers for interval-censored times; run as `Rscript make.R` in this folder. R 4.2.2, survival 3.5-3.
# 1. visits.csv: intervals between visits, no delayed entry; turnbull.csv: survfit(Surv(lower, upper, type = "interval2")).
# 2. delayed.csv: the same with entry; delayed_curve.csv: no package in Debian has the Turnbull estimator with left
#    truncation, so the likelihood prod (F(upper) - F(lower)) / (1 - F(entry)) is maximised outright over the mass at
#    every distinct finite limit (not only at innermost intervals), by BFGS from several starts, on log-odds of hazards.
library(survival)
set.seed(20260711)

draw <- function(n, delayed) {
  found <- NULL
  while (is.null(found) || nrow(found) < n) {
    time <- rweibull(1, 1.5, 30)
    entry <- if (delayed) round(runif(1, 0, 20)) else 0
    if (time <= entry) next
    end <- entry + runif(1, 5, 45)
    lower <- entry
    upper <- Inf
    repeat {
      visit <- round(lower + runif(1, 2, 8))
      if (visit > end) break
      if (time <= visit) { upper <- visit; break }
      lower <- visit
    }
    # Some events are known to the day, as deaths are.
    if (is.finite(upper) && runif(1) < 0.15 && round(time, 2) > entry) lower <- upper <- round(time, 2)
    found <- rbind(found, data.frame(entry = entry, lower = lower, upper = upper))
  }
  found
}

plain <- draw(60, FALSE)
write.csv(transform(plain, upper = ifelse(is.finite(upper), upper, NA)), "visits.csv", row.names = FALSE)
# An open lower limit: interval2 takes limits as closed, so limits that stand for "after" move up by less than any gap.
left <- ifelse(plain$lower == plain$upper, plain$lower, plain$lower + 1e-5)
fit <- survfit(Surv(left, ifelse(is.finite(plain$upper), plain$upper, NA), type = "interval2") ~ 1)
# Between the ends of a support interval the curve is not determined; survfit puts mass at the middle, we at
# the right end. Where no support interval is open, as just after the upper limits that end one, both mean the same.
times <- sort(unique(c(plain$upper[is.finite(plain$upper)])))
write.csv(data.frame(time = times, survival = summary(fit, times = times + 2e-5, extend = TRUE)$surv),
          "turnbull.csv", row.names = FALSE)

delayed <- draw(25, TRUE)
write.csv(transform(delayed, upper = ifelse(is.finite(upper), upper, NA)), "delayed.csv", row.names = FALSE)
points <- sort(unique(c(delayed$upper[is.finite(delayed$upper)], delayed$lower, delayed$entry)))
points <- points[points > 0]
log_survival <- function(x, t) {  # log P(T > t)
  cumulative <- c(0, cumsum(-log1p(exp(x))))  # log(1 - hazard), hazard = plogis(x)
  cumulative[findInterval(t, points) + 1]
}
loglik <- function(x) {
  exact <- delayed$lower == delayed$upper
  before <- log_survival(x, ifelse(exact, delayed$lower - 1e-6, delayed$lower))
  after <- ifelse(is.finite(delayed$upper), log_survival(x, delayed$upper), -Inf)
  sum(before + log1p(-exp(after - before)) - log_survival(x, delayed$entry))
}
best <- NULL
for (start in list(rep(-3, length(points)), rnorm(length(points), -2))) {
  x <- start
  for (round in 1:3) x <- optim(x, function(x) -loglik(pmax(pmin(x, 18), -40)), method = "BFGS",
                                 control = list(maxit = 300, reltol = 1e-13))$par
  x <- pmax(pmin(x, 18), -40)
  cat("log-likelihood", format(loglik(x), digits = 12), "\n")
  if (is.null(best) || loglik(x) > loglik(best)) best <- x
}
write.csv(data.frame(time = points, survival = exp(log_survival(best, points)), loglik = loglik(best)),
          "delayed_curve.csv", row.names = FALSE)

exact <- transform(delayed, exit = ifelse(is.finite(upper), (lower + upper) / 2, lower), event = is.finite(upper))
exact <- subset(exact, exit > entry)
km <- survfit(Surv(entry, exit, event) ~ 1, data = exact)
steps <- km$n.event > 0
write.csv(exact[c("entry", "exit", "event")], "exact.csv", row.names = FALSE)
write.csv(data.frame(time = km$time[steps], survival = km$surv[steps]), "exact_curve.csv", row.names = FALSE)
writeLines(c(R.version.string, paste("survival", packageVersion("survival"))), "versions.txt")
