# Frozen answers about leading variants, from R's survival and base R, on the simulated cohort of tests/reference/oracles.
# Run in this folder:   Rscript make.R
# fine_gray.csv    finegray() + coxph(weights =, cluster =), (start, stop] data, by ties and strata
# cause_specific.csv   coxph of one cause, the other censored
# incidence.csv    survfit Aalen-Johansen with entry, by genotype
# conditional.csv  coxph, lm and glm with two variants
# groups.csv       score U and V of coxph, lm and glm by group, and Cochran's Q of the one-step estimates by hand
suppressMessages(library(survival))
oracles <- "../oracles"
gt <- read.csv(file.path(oracles, "genotypes.csv.gz"), check.names = FALSE); rownames(gt) <- gt$person
read <- function(name) read.csv(file.path(oracles, name))
d <- Reduce(function(a, b) merge(a, b, by = "person"), list(read("covariates.csv"), read("phenotypes.csv"), read("survival.csv")))
G <- as.matrix(gt[d$person, -1])
d$group <- seq_len(nrow(d)) %% 3                        # three "assays"; the tests make them the same way
d$state <- factor(d$status_cr, 0:2, c("censored", "one", "two"))
COV <- c("age", "sex", "pc1", "pc2", "pc3"); rhs <- paste(COV, collapse = " + ")
variants <- c("C01", "C02", "C04", "D01", "L02")
ctl <- coxph.control(eps = 1e-13, iter.max = 100, toler.chol = 1e-14)
out <- function(rows, file) { x <- do.call(rbind, rows); for (k in names(x)) if (is.double(x[[k]])) x[[k]] <- sprintf("%.17g", x[[k]]); write.csv(x, file, row.names = FALSE, quote = FALSE) }

fg <- cs <- list()
for (v in variants) for (time in c("monthly", "continuous")) for (entry in c(TRUE, FALSE)) for (cause in 1:2) for (strata in c(FALSE, TRUE)) {
  dd <- d; dd$g <- G[, v]; dd <- dd[!is.na(dd$g), ]
  dd$stop <- if (time == "monthly") dd$exit else dd$exit_cont
  dd$start <- if (!entry) 0 else if (time == "monthly") dd$entry else dd$entry_cont
  if (!entry) dd$start <- -1
  dd$id <- seq_len(nrow(dd))
  st <- if (strata) " + strata(group)" else ""
  w <- finegray(as.formula(paste("Surv(start, stop, state) ~ id + g +", rhs, if (strata) "+ group" else "", st)), dd, etype = c("one", "two")[cause], id = id)
  for (ties in c("efron", "breslow")) {
    if (time == "continuous" && ties == "breslow") next
    m <- coxph(as.formula(paste("Surv(fgstart, fgstop, fgstatus) ~ g +", rhs, st)), w, weights = fgwt, cluster = id, ties = ties, control = ctl)
    fg[[length(fg) + 1]] <- data.frame(variant = v, time, entry, cause, strata, ties, n = nrow(dd), beta = coef(m)["g"], se = sqrt(m$naive.var[1, 1]), robust_se = sqrt(m$var[1, 1]))
    dd$e <- as.integer(dd$status_cr == cause)
    m <- coxph(as.formula(paste("Surv(start, stop, e) ~ g +", rhs, st)), dd, ties = ties, control = ctl)
    cs[[length(cs) + 1]] <- data.frame(variant = v, time, entry, cause, strata, ties, n = nrow(dd), n_events = sum(dd$e), beta = coef(m)["g"], se = sqrt(m$var[1, 1]))
  }
}
out(fg, "fine_gray.csv"); out(cs, "cause_specific.csv")

aj <- list()
for (v in c("C01", "L02")) for (g in 0:2) {
  dd <- d[which(G[, v] == g), ]; if (nrow(dd) < 20) next
  s <- survfit(Surv(entry, exit, state) ~ 1, dd, id = seq_len(nrow(dd)), se.fit = FALSE)
  for (t in seq(12, 96, 12)) { p <- summary(s, times = t, extend = TRUE)$pstate
    aj[[length(aj) + 1]] <- data.frame(variant = v, genotype = g, time = t, one = p[2], two = p[3]) }
  k <- survfit(Surv(entry, exit, event) ~ 1, dd, conf.type = "log-log")
  aj[[length(aj)]]$median <- NA
  for (t in seq(12, 96, 12)) { j <- length(aj) - 8 + t / 12; q <- summary(k, times = t, extend = TRUE); aj[[j]]$survival <- q$surv; aj[[j]]$lower <- q$lower; aj[[j]]$upper <- q$upper; aj[[j]]$median <- NULL }
}
out(aj, "incidence.csv")

co <- list()
for (pair in list(c("C01", "D01"), c("D01", "C01"), c("C02", "D02"), c("C04", "C01"), c("L02", "C01"))) {
  dd <- d; dd$g <- G[, pair[1]]; dd$h <- G[, pair[2]]; dd <- dd[!is.na(dd$g) & !is.na(dd$h), ]
  m <- summary(lm(as.formula(paste("qt ~ g + h +", rhs)), dd))$coefficients["g", ]
  co[[length(co) + 1]] <- data.frame(variant = pair[1], given = pair[2], kind = "quantitative", n = nrow(dd), beta = m[1], se = m[2], p = m[4])
  c1 <- coxph(as.formula(paste("Surv(entry, exit, event) ~ g + h +", rhs)), dd, control = ctl)
  c0 <- coxph(as.formula(paste("Surv(entry, exit, event) ~ h +", rhs)), dd, control = ctl)
  co[[length(co) + 1]] <- data.frame(variant = pair[1], given = pair[2], kind = "survival", n = nrow(dd), beta = coef(c1)[1], se = sqrt(vcov(c1)[1, 1]), p = pchisq(2 * (c1$loglik[2] - c0$loglik[2]), 1, lower.tail = FALSE))
  gc <- glm.control(epsilon = 1e-14, maxit = 100)
  f0 <- glm(as.formula(paste("case ~ h +", rhs)), binomial, dd, control = gc); f1 <- glm(as.formula(paste("case ~ g + h +", rhs)), binomial, dd, control = gc)
  a <- anova(f0, f1, test = "Rao")
  co[[length(co) + 1]] <- data.frame(variant = pair[1], given = pair[2], kind = "binary", n = nrow(dd), beta = coef(f1)["g"], se = sqrt(vcov(f1)["g", "g"]), p = a[2, "Pr(>Chi)"])
}
out(co, "conditional.csv")

gr <- list()
for (v in head(colnames(G)[colSums(is.na(G)) == 0], 3)) {
  for (kind in c("quantitative", "survival", "binary")) {
    u <- V <- numeric(3)
    for (k in 0:2) {
      dd <- d[d$group == k, ]; dd$g <- G[d$group == k, v]
      if (kind == "survival") {
        n0 <- coxph(as.formula(paste("Surv(entry, exit, event) ~", rhs)), dd, control = ctl)
        s <- suppressWarnings(coxph(as.formula(paste("Surv(entry, exit, event) ~ g +", rhs)), dd, init = c(0, coef(n0)), control = coxph.control(iter.max = 0)))
        V[k + 1] <- 1 / s$var[1, 1]; u[k + 1] <- sum(residuals(n0, "martingale") * dd$g)
        stopifnot(abs(u[k + 1]^2 / V[k + 1] - s$score) < 1e-6 * s$score + 1e-9)
      } else if (kind == "quantitative") {
        n0 <- lm(as.formula(paste("qt ~", rhs)), dd); r <- resid(lm(as.formula(paste("g ~", rhs)), dd)); s2 <- summary(n0)$sigma^2
        u[k + 1] <- sum(r * resid(n0)) / s2; V[k + 1] <- sum(r^2) / s2
      } else {
        n0 <- glm(as.formula(paste("case ~", rhs)), binomial, dd, control = glm.control(epsilon = 1e-14, maxit = 100)); w <- fitted(n0) * (1 - fitted(n0))
        r <- resid(lm(as.formula(paste("g ~", rhs)), dd, weights = w)); u[k + 1] <- sum(dd$g * (dd$case - fitted(n0))); V[k + 1] <- sum(w * r^2)
      }
    }
    b <- u / V; pooled <- sum(V * b) / sum(V); Q <- sum(V * (b - pooled)^2)
    gr[[length(gr) + 1]] <- data.frame(variant = v, kind, u0 = u[1], u1 = u[2], u2 = u[3], v0 = V[1], v1 = V[2], v2 = V[3],
      beta = pooled, se = 1 / sqrt(sum(V)), p = 2 * pnorm(-abs(pooled) * sqrt(sum(V))), Q, Q_p = pchisq(Q, 2, lower.tail = FALSE), I2 = max(0, (Q - 2) / Q))
  }
}
out(gr, "groups.csv")
