# Frozen answers for the change of the ALSFRS-R at a month and for the negative-control event, on the people of make.R.
# Rscript make_change.R (in this folder, after make.R) writes fractures.csv, missed.csv, change_answers.csv, change_versions.csv.
library(survival)
library(sandwich)
people <- read.csv("people.csv")
visits <- read.csv("visits.csv")
pairs <- read.csv("pairs.csv")
set.seed(20261125)
# Months from time zero to the first fracture or the end of follow-up; empty where it happened before observation.
fracture <- ceiling(rexp(nrow(people), 0.02 * exp(0.04 * (people$age - 62))))
fractures <- data.frame(person = people$person, exit = pmin(fracture, people$exit), event = as.integer(fracture <= people$exit))
fractures[fracture <= people$entry, c("exit", "event")] <- NA
write.csv(fractures, "fractures.csv", row.names = FALSE, quote = FALSE, na = "")
fractures <- read.csv("fractures.csv")

# Who missed the visit at month 6, the more likely the lower the baseline: weighed by the inverse probability of a score.
missed <- people$person[runif(nrow(people)) < plogis(-1.2 + 0.1 * (38 - people$total))]
write.csv(data.frame(person = missed), "missed.csv", row.names = FALSE, quote = FALSE)

answers <- data.frame(quantity = character(), value = numeric())
put <- function(name, value) answers[nrow(answers) + 1, ] <<- list(name, as.numeric(value))
ps <- glm(treated ~ age + total + bulbar + months, binomial, people, epsilon = 1e-15, maxit = 100)
e <- fitted(ps)
w <- with(people, list(naive = rep(1, nrow(people)), att = ifelse(treated == 1, 1, e / (1 - e)),
  ate = ifelse(treated == 1, mean(treated) / e, mean(1 - treated) / (1 - e)), overlap = ifelse(treated == 1, 1 - e, e)))
at_7 <- sapply(people$person, function(p) { # the nearest of the visits at 6 and 9 within 1.5 months is that at 6
  own <- visits[visits$person == p & visits$month > 0 & abs(visits$month - 7) <= 1.5, ]
  if (nrow(own)) own$total[which.min(abs(own$month - 7))] else NA
})
last_of <- function(visits) sapply(people$person, function(p) {
  own <- visits[visits$person == p, ]
  own$total[which.max(own$month)]
})
last <- last_of(visits)
had_event <- people$event == 1 & people$exit <= 7
score <- list(composite = ifelse(had_event, 0, at_7), while_free = ifelse(had_event, last, at_7))
pair <- rep(NA, nrow(people))
pair[match(pairs$treated, people$person)] <- pair[match(pairs$control, people$person)] <- seq_len(nrow(pairs))
for (kind in names(score)) {
  people$change <- ifelse(people$entry > 0, NA, score[[kind]] - people$total)
  put(paste0("n_", kind), sum(!is.na(people$change)))
  for (weight in names(w)) {
    people$w <- w[[weight]]
    fit <- lm(change ~ treated + total, people, weights = w)
    put(paste(kind, weight, "difference", sep = "_"), coef(fit)["treated"])
    put(paste(kind, weight, "se", sep = "_"), sqrt(vcovHC(fit, type = "HC0")["treated", "treated"]))
    used <- !is.na(people$change)
    put(paste(kind, weight, "control", sep = "_"),
      coef(fit)[1] + coef(fit)["total"] * weighted.mean(people$total[used], people$w[used]))
  }
  matched <- people[!is.na(pair), ]
  matched$pair <- pair[!is.na(pair)]
  fit <- lm(change ~ treated + total, matched)
  put(paste0(kind, "_matched_difference"), coef(fit)["treated"])
  put(paste0(kind, "_matched_se"), sqrt(vcovCL(fit, cluster = ~pair, type = "HC0", cadjust = FALSE)["treated", "treated"]))
}
# With missed visits: among those without the event, probability of a score by cohort given baseline (glm). The standard error is the
# infinitesimal jackknife: everything fitted again with each person's case weight moved a little; the analysis weights stay.
score$while_free <- ifelse(had_event, last_of(visits[!(visits$person %in% missed & visits$month == 6), ]), at_7)
had_score <- !is.na(at_7) & !(people$person %in% missed)
weigh_and_fit <- function(change, w, case) {
  observed <- rep(1, nrow(people))
  for (group in 0:1) {
    rows <- which(people$treated == group & people$entry == 0 & !had_event)
    part <- data.frame(y = had_score[rows], total = people$total[rows], case = case[rows])
    model <- suppressWarnings(glm(y ~ total, binomial, part, weights = case, epsilon = 1e-15, maxit = 100))
    observed[rows] <- fitted(model)
  }
  people$v <- w * case / observed
  people$change <- ifelse(people$entry > 0 | !(had_event | had_score), NA, change)
  coef(lm(change ~ treated + total, people, weights = v))["treated"]
}
for (kind in names(score)) {
  change <- score[[kind]] - people$total
  for (weight in c("naive", "att")) {
    ones <- rep(1, nrow(people))
    put(paste("missed", kind, weight, "difference", sep = "_"), weigh_and_fit(change, w[[weight]], ones))
    influence <- sapply(seq_len(nrow(people)), function(i) {
      step <- replace(0 * ones, i, 1e-4)
      (weigh_and_fit(change, w[[weight]], ones + step) - weigh_and_fit(change, w[[weight]], ones - step)) / 2e-4
    })
    put(paste("missed", kind, weight, "se", sep = "_"), sqrt(sum(influence^2)))
  }
}
people$fracture_exit <- fractures$exit; people$fracture <- fractures$event
people$id <- seq_len(nrow(people))
for (weight in names(w)) {
  people$w <- w[[weight]]
  fit <- coxph(Surv(entry, fracture_exit, fracture) ~ treated, people, weights = w, cluster = id, ties = "efron",
    control = coxph.control(eps = 1e-13, iter.max = 100))
  put(paste0("fracture_", weight, "_beta"), coef(fit)); put(paste0("fracture_", weight, "_se"), sqrt(vcov(fit)))
}
write.csv(format(answers, digits = 17), "change_answers.csv", row.names = FALSE, quote = FALSE)
write.csv(data.frame(software = c("R", "survival", "sandwich"), version = c(paste(R.version$major, R.version$minor, sep = "."),
  sapply(c("survival", "sandwich"), function(p) as.character(packageVersion(p))))), "change_versions.csv", row.names = FALSE, quote = FALSE)
