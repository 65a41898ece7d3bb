# Frozen answers about the influence of single people, effects by period, and means by genotype, on the cohort of tests/reference/oracles.
# Run in this folder:   Rscript make_views.R      (R 4.2.2, survival 3.5-3)
# influence.csv   largest |dfbeta| in standard errors, people above 2/sqrt(n), whose it is, and the refit without this person:
#                 lm (dfbeta), glm (Pregibon's one step by hand; R's dfbeta.glm uses deviance residuals), coxph (residuals type dfbeta)
# periods.csv     coxph of (start, stop] cut at thirds of the event times, rounded to whole quarters of a year
# means.csv       mean and standard error of qt by genotype
suppressMessages(library(survival))
oracles <- "../oracles"
gt <- read.csv(file.path(oracles, "genotypes.csv.gz"), check.names = FALSE); rownames(gt) <- gt$person
read <- function(name) read.csv(file.path(oracles, name))
d <- Reduce(function(a, b) merge(a, b, by = "person"), list(read("covariates.csv"), read("phenotypes.csv"), read("survival.csv")))
G <- as.matrix(gt[d$person, -1])
rhs <- "age + sex + pc1 + pc2 + pc3"
ctl <- coxph.control(eps = 1e-13, iter.max = 100, toler.chol = 1e-14)
out <- function(rows, file) { x <- do.call(rbind, rows); for (k in names(x)) if (is.double(x[[k]])) x[[k]] <- sprintf("%.17g", x[[k]]); write.csv(x, file, row.names = FALSE, quote = FALSE) }
cox <- function(dd) coxph(as.formula(paste("Surv(entry, exit, event) ~", rhs, "+ g")), dd, control = ctl)
fits <- list(
  quantitative = function(dd) lm(as.formula(paste("qt ~", rhs, "+ g")), dd),
  binary = function(dd) glm(as.formula(paste("case ~", rhs, "+ g")), binomial, dd, control = glm.control(epsilon = 1e-14, maxit = 100)),
  survival = cox)
change <- list(
  quantitative = function(m) dfbeta(m)[, "g"],
  binary = function(m) { X <- model.matrix(m); p <- fitted(m); w <- p * (1 - p); I <- solve(crossprod(X, X * w))
    h <- w * rowSums((X %*% I) * X); (X %*% I[, ncol(X)])[, 1] * (m$y - p) / (1 - h) },
  survival = function(m) residuals(m, type = "dfbeta")[, length(coef(m))])
rows <- list()
for (v in c("C01", "C02", "C04", "L02")) for (kind in names(fits)) {
  dd <- d; dd$g <- G[, v]; dd <- dd[!is.na(dd$g), ]
  m <- fits[[kind]](dd); se <- sqrt(diag(vcov(m))["g"]); share <- abs(change[[kind]](m)) / se
  worst <- which.max(share); m2 <- fits[[kind]](dd[-worst, ])
  rows[[length(rows) + 1]] <- data.frame(variant = v, kind, n = nrow(dd), person = dd$person[worst], change = change[[kind]](m)[worst], max_change = share[worst],
    n_influential = sum(share > 2 / sqrt(nrow(dd))), beta = coef(m)["g"], beta_without = coef(m2)["g"], se_without = sqrt(diag(vcov(m2))["g"]))
}
out(rows, "influence.csv")
rows <- list()
for (v in c("C01", "C02", "L02")) for (k in 1:3) {
  cuts <- 3 * round(quantile(d$exit[d$event == 1], 1:2 / 3) / 3); low <- c(0, cuts)[k]; high <- c(cuts, Inf)[k]
  dd <- d; dd$g <- G[, v]; dd <- dd[!is.na(dd$g), ]
  dd$event <- as.integer(dd$event == 1 & dd$exit <= high); dd$entry <- pmax(dd$entry, low); dd$exit <- pmin(dd$exit, high)
  dd <- dd[dd$entry < dd$exit, ]; m <- cox(dd)
  rows[[length(rows) + 1]] <- data.frame(variant = v, low, high, n = nrow(dd), n_events = sum(dd$event), beta = coef(m)["g"], se = sqrt(diag(vcov(m))["g"]))
}
out(rows, "periods.csv")
rows <- list()
for (v in c("C01", "L02")) for (g in 0:2) { x <- d$qt[which(G[, v] == g)]
  rows[[length(rows) + 1]] <- data.frame(variant = v, copies = g, n = length(x), mean = mean(x), se = sd(x) / sqrt(length(x))) }
out(rows, "means.csv")
