# Frozen answers about latent class mixed models, from R's flexmix (FLXMRlmm: EM) and from a likelihood written out person
# by person with dense covariance matrices, maximised by optim and nlm from flexmix's solution.
# Run in this folder:   Rscript make.R
# visits.csv     the data: 90 people of three classes, 2 to 7 visits each
# fits.csv       per degree and number of classes: log likelihood of flexmix (from the true classes, stopped early, EM is slow)
#                by itself and by the dense likelihood at the same parameters, and of the dense maximum, and the maximum's
#                coefficients with standard errors (numeric Hessian), shares, D and sigma^2; classes by size of the slope
# posterior.csv  probabilities of each class of each person at that maximum
# rand.csv       mclust::adjustedRandIndex of random partitions
# versions.csv
suppressMessages({library(flexmix); library(mclust)})
set.seed(20261124)
n <- 90
truth <- sample(1:3, n, TRUE, c(.4, .35, .25))
level <- c(44, 39, 33); slope <- c(-.2, -.8, -1.9)
root <- t(chol(matrix(c(3, .03, .03, .008), 2)))
rows <- lapply(seq_len(n), function(i) {
  u <- root %*% rnorm(2); m <- sample(2:7, 1); t <- round(cumsum(c(0, runif(m - 1, 2, 4))), 2)
  data.frame(person = i, months = t, total = round(level[truth[i]] + u[1] + (slope[truth[i]] + u[2]) * t + rnorm(m, 0, 1.3), 1), truth = truth[i])
})
d <- do.call(rbind, rows)
write.csv(d, "visits.csv", row.names = FALSE, quote = FALSE)
people <- split(d, d$person)

dense <- function(theta, k, degree) {
  p <- degree + 1
  beta <- matrix(theta[1:(k * p)], k, p, byrow = TRUE); a <- c(0, theta[k * p + seq_len(k - 1)]); pi <- exp(a) / sum(exp(a))
  v <- theta[length(theta) - 3:0]; L <- matrix(c(v[1], v[2], 0, v[3]), 2); D <- L %*% t(L); s2 <- exp(v[4])
  f <- t(sapply(people, function(q) {
    X <- outer(q$months, 0:degree, "^"); Z <- X[, 1:2, drop = FALSE]; R <- chol(Z %*% D %*% t(Z) + s2 * diag(nrow(q)))
    sapply(1:k, function(j) { e <- backsolve(R, q$total - X %*% beta[j, ], transpose = TRUE)
      log(pi[j]) - sum(log(diag(R))) - .5 * nrow(q) * log(2 * base::pi) - .5 * sum(e^2) }) }))
  if (k == 1) f <- t(f)
  list(f = f, pi = pi, beta = beta, D = D, s2 = s2)
}
loglik <- function(theta, k, degree) { f <- dense(theta, k, degree)$f; m <- apply(f, 1, max); sum(m + log(rowSums(exp(f - m)))) }

fits <- posterior <- list()
for (degree in 1:2) for (k in if (degree == 1) 1:3 else 2) {
  form <- if (degree == 1) total ~ months | person else total ~ months + I(months^2) | person
  best <- NULL
  for (r in 1) {
    set.seed(100 * r + k); start <- if (k == 1) rep(1, nrow(d)) else if (k == 2) ifelse(d$truth == 3, 2, 1) else d$truth
    m <- try(flexmix(form, cluster = start, data = d, model = FLXMRlmm(random = ~ months, varFix = c(Random = TRUE, Residual = TRUE)),
                     control = list(iter.max = if (k == 1) 60 else 120, tolerance = 1e-6, minprior = 0.01)), silent = TRUE)
    if (!inherits(m, "try-error") && m@k == k && (is.null(best) || logLik(m) > logLik(best))) best <- m
  }
  P <- lapply(1:k, function(j) best@components[[j]][[1]]@parameters)
  order_ <- order(sapply(P, function(x) -x$coef[2]))
  beta <- do.call(rbind, lapply(P[order_], function(x) x$coef)); pr <- prior(best)[order_]
  D <- P[[1]]$sigma2$Random; s2 <- P[[1]]$sigma2$Residual; L <- t(chol(D))
  theta <- c(t(beta), log(pr / pr[1])[-1], L[1, 1], L[2, 1], L[2, 2], log(s2))
  at_flexmix <- loglik(theta, k, degree)
  target <- function(x) -loglik(x, k, degree)
  scale <- pmax(abs(theta), .01)
  for (again in 1:3) { o <- optim(theta, target, method = "BFGS", control = list(maxit = 500, reltol = 1e-14, parscale = scale, ndeps = rep(1e-5, length(theta)))); theta <- o$par }
  n1 <- nlm(target, theta, typsize = scale, gradtol = 1e-9, steptol = 1e-10, iterlim = 300); if (n1$minimum <= o$value) theta <- n1$estimate
  H <- optimHess(theta, target, control = list(parscale = scale, ndeps = rep(1e-4, length(theta))))
  se <- sqrt(diag(solve(H)))
  z <- dense(theta, k, degree); f <- exp(z$f - apply(z$f, 1, max)); tau <- f / rowSums(f)
  p <- degree + 1; S <- matrix(se[1:(k * p)], k, p, byrow = TRUE)
  num <- function(x) sprintf("%.12g", x)
  for (j in 1:k) fits[[length(fits) + 1]] <- data.frame(degree, k, class = j, flexmix = num(as.numeric(logLik(best))), flexmix_dense = num(at_flexmix), loglik = num(-target(theta)), share = num(z$pi[j]),
    b0 = num(z$beta[j, 1]), b1 = num(z$beta[j, 2]), b2 = if (degree == 2) num(z$beta[j, 3]) else "NA", se0 = num(S[j, 1]), se1 = num(S[j, 2]), se2 = if (degree == 2) num(S[j, 3]) else "NA",
    d00 = num(z$D[1, 1]), d01 = num(z$D[1, 2]), d11 = num(z$D[2, 2]), s2 = num(z$s2))
  for (j in 1:k) posterior[[length(posterior) + 1]] <- data.frame(degree, k, class = j, person = as.integer(names(people)), p = sprintf("%.10f", tau[, j]))
  cat(degree, k, as.numeric(logLik(best)), at_flexmix, -target(theta), "\n")
}
write.csv(do.call(rbind, fits), "fits.csv", row.names = FALSE, quote = FALSE)
write.csv(do.call(rbind, posterior), "posterior.csv", row.names = FALSE, quote = FALSE)
set.seed(3)
rand <- lapply(1:12, function(i) { a <- sample(1:4, 40, TRUE); b <- ifelse(runif(40) < i / 12, a, sample(1:3, 40, TRUE))
  data.frame(i, a = paste(a, collapse = ""), b = paste(b, collapse = ""), index = sprintf("%.14f", adjustedRandIndex(a, b))) })
write.csv(do.call(rbind, rand), "rand.csv", row.names = FALSE, quote = FALSE)
write.csv(data.frame(software = c("R", "flexmix", "mclust"), version = c(as.character(getRversion()), as.character(packageVersion("flexmix")), as.character(packageVersion("mclust")))), "versions.csv", row.names = FALSE, quote = FALSE)
