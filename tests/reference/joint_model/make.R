# Frozen answers for the joint model of decline and survival with delayed entry; run as `Rscript make.R` in this folder.
# Debian has no package that fits it by maximum likelihood (rstanarm's is Bayesian, and none conditions on survival to
# entry), so the likelihood is integrated outright: over both random effects, by 40 x 40 Gauss-Hermite nodes (statmod; 12 x 12 in the search) about
# each person's best prediction given the visits (whole V inverted), every visit's density taken by itself; the condition
# over 60 x 60 nodes of the prior (20 x 20). Maximised by optim(BFGS); standard errors from optimHess. R 4.2.2, statmod 1.5.0.
library(statmod)
set.seed(20260711)
n <- 70
people <- visits <- NULL
while (is.null(people) || nrow(people) < n) {
  g <- rbinom(1, 2, 0.4)
  b <- c(4, -0.1) * rnorm(1) + c(0, 0.45) * rnorm(1)
  rate <- exp(0.3 * g - 0.06 * b[1] - 1.1 * b[2])
  time <- 40 / log(2)^(1 / 1.6) * (rexp(1) / rate)^(1 / 1.6)
  entry <- round(runif(1, 2, 25), 2)
  if (time <= entry) next
  exit <- round(min(time, entry + runif(1, 15, 60)), 2)
  if (exit <= entry) next
  id <- if (is.null(people)) 1 else nrow(people) + 1
  people <- rbind(people, data.frame(person = id, g = g, entry = entry, exit = exit, event = as.integer(time <= exit + 0.005)))
  t <- round(seq(entry, exit, by = 4), 2)
  y <- round(46 + b[1] + (-0.9 - 0.1 * g + b[2]) * t + rnorm(length(t), 0, 2), 1)
  visits <- rbind(visits, data.frame(person = id, months = t, score = y))
}
write.csv(people, "people.csv", row.names = FALSE); write.csv(visits, "visits.csv", row.names = FALSE)

edges <- unname(quantile(people$exit[people$event == 1], c(1, 2) / 3, type = 7))
low <- c(0, edges); high <- c(edges, Inf)
spent <- function(until) sapply(seq_along(low), function(k) pmin(pmax(until - low[k], 0), high[k] - low[k]))
at_exit <- spent(people$exit); at_entry <- spent(people$entry)
piece <- findInterval(people$exit, edges, left.open = TRUE) + 1
w <- people$g - mean(people$g)
set_nodes <- function(n, n_prior) {
  gh <- gauss.quad.prob(n, "normal"); node <<- as.matrix(expand.grid(gh$nodes, gh$nodes)); weight <<- as.vector(outer(gh$weights, gh$weights))
  gp <- gauss.quad.prob(n_prior, "normal"); prior_node <<- as.matrix(expand.grid(gp$nodes, gp$nodes)); prior_weight <<- as.vector(outer(gp$weights, gp$weights))
}
rows <- split(seq_len(nrow(visits)), visits$person)

# p: intercept, g, time, g x time; log l11, l21, log l22, log sigma; alpha (intercept, slope); gamma; log hazards
loglik <- function(p) {
  L <- matrix(c(exp(p[5]), p[6], 0, exp(p[7])), 2); D <- L %*% t(L); sigma <- exp(p[8]); alpha <- p[9:10]
  hazard <- exp(p[12:14]); risk <- exp(p[11] * w)
  H <- as.vector(at_exit %*% hazard) * risk; H0 <- as.vector(at_entry %*% hazard) * risk
  prior_b <- prior_node %*% t(L); prior_u <- as.vector(prior_b %*% alpha)
  total <- 0
  for (i in seq_len(n)) {
    v <- visits[rows[[i]], ]; Z <- cbind(1, v$months)
    mu <- p[1] + p[2] * people$g[i] + (p[3] + p[4] * people$g[i]) * v$months
    V <- Z %*% D %*% t(Z) + sigma^2 * diag(nrow(Z)); K <- D %*% t(Z) %*% solve(V)
    centre <- as.vector(K %*% (v$score - mu)); S <- D - K %*% Z %*% D; C <- t(chol((S + t(S)) / 2))
    b <- node %*% t(C); b[, 1] <- b[, 1] + centre[1]; b[, 2] <- b[, 2] + centre[2]
    ld <- rep(0, nrow(b))
    for (j in seq_len(nrow(Z))) ld <- ld + dnorm(v$score[j], mu[j] + b[, 1] + b[, 2] * v$months[j], sigma, log = TRUE)
    z <- solve(L, t(b)); ld <- ld - colSums(z^2) / 2 - log(2 * pi) - sum(log(diag(L)))
    u <- as.vector(b %*% alpha)
    ld <- ld + people$event[i] * (p[11 + piece[i]] + p[11] * w[i] + u) - H[i] * exp(u)
    # change of variables to the nodes, whose weights hold a standard normal density
    ld <- ld + sum(log(diag(C))) + rowSums(node^2) / 2 + log(2 * pi)
    top <- max(ld)
    total <- total + top + log(sum(weight * exp(ld - top))) - log(sum(prior_weight * exp(-H0[i] * exp(prior_u))))
  }
  total
}
start <- c(46, 0, -0.9, -0.1, log(4), -0.1, log(0.45), log(2), -0.06, -1.1, 0.3, log(c(0.012, 0.02, 0.04)))
other <- start + c(1, 0.3, 0.1, -0.05, 0.2, 0.1, -0.3, 0.1, 0.1, 0.6, -0.5, 0.5, 0.2, -0.4)
none <- replace(start, 9:10, 0)
steep <- replace(start, 9:10, c(0.2, -3))
scale <- c(1, 1, .1, .1, .2, .1, .2, .1, .05, .3, .3, .4, .4, .4)
num <- function(x) sprintf("%.12g", x)
name <- c("intercept", "g", "months", "months_g", "log_l11", "l21", "log_l22", "log_sigma", "alpha_intercept", "alpha_slope", "gamma", "log_h1", "log_h2", "log_h3")
set_nodes(40, 60)
points <- rbind(start, other, none, steep); colnames(points) <- name
write.csv(data.frame(apply(points, 2, num), loglik = num(apply(points, 1, loglik))), "loglik.csv", row.names = FALSE, quote = FALSE)
# Fewer nodes for the search.
set_nodes(12, 20)
fit <- optim(start, function(p) -loglik(p), method = "BFGS", control = list(parscale = scale, ndeps = rep(1e-4, 14), maxit = 200, reltol = 1e-12))
H <- optimHess(fit$par, function(p) -loglik(p), control = list(parscale = scale, ndeps = rep(1e-2, 14)))
write.csv(data.frame(parameter = name, estimate = num(fit$par), standard_error = num(sqrt(diag(solve(H))))), "fit.csv", row.names = FALSE, quote = FALSE)
writeLines(c(R.version.string, paste("statmod", packageVersion("statmod")), paste("edges", paste(format(edges, digits = 15), collapse = " "))), "versions.txt")
