# Effects of 60 variants in up to five studies, and what metafor makes of them: fixed effects, DerSimonian-Laird, Q, I2.
# The p weighted by sample size (METAL's SCHEME SAMPLESIZE) is worked out here with qnorm and pnorm.
# Usage: Rscript make_reference.R   (writes studies.csv, answers.csv and versions.csv beside this file)
suppressMessages(library(metafor))
set.seed(20261124)
m <- 60
rows <- list()
answers <- list()
for (v in seq_len(m)) {
  k <- sample(2:5, 1)
  studies <- sort(sample(5, k))
  n <- round(runif(k, 80, 5000))
  se <- 1.3 / sqrt(n) * runif(k, 0.8, 1.2)
  spread <- c(0, 0.05, 0.1)[v %% 3 + 1]
  b <- rnorm(1, 0, 0.05) + rnorm(k, 0, spread) + rnorm(k, 0, se)
  if (v %% 20 == 0) b <- b + 12 * se   # far tail
  p <- 2 * pnorm(-abs(b / se) * runif(k, 0.9, 1.1))   # a p that is not Wald's, as after a correction
  rows[[v]] <- data.frame(variant = v, study = studies, beta = b, standard_error = se, p_value = p, n = n)
  fe <- rma.uni(b, sei = se, method = "FE")
  dl <- rma.uni(b, sei = se, method = "DL")
  z <- sign(b) * qnorm(p / 2, lower.tail = FALSE)
  zs <- sum(sqrt(n) * z) / sqrt(sum(n))
  answers[[v]] <- data.frame(
    variant = v, beta = c(fe$beta), standard_error = fe$se, p_value = 2 * pnorm(-abs(c(fe$beta) / fe$se)), q = fe$QE, q_p = fe$QEp,
    i2 = max(0, 1 - (k - 1) / fe$QE), tau2 = dl$tau2, beta_random = c(dl$beta), standard_error_random = dl$se,
    p_random = 2 * pnorm(-abs(c(dl$beta) / dl$se)), z_sample_size = zs, p_sample_size = 2 * pnorm(-abs(zs)),
    i2_metafor = dl$I2 / 100
  )
}
put <- function(x, file) write.csv(format(x, digits = 17, trim = TRUE), file, row.names = FALSE, quote = FALSE)
put(do.call(rbind, rows), "studies.csv")
put(do.call(rbind, answers), "answers.csv")
write.csv(data.frame(software = c("R", "metafor"), version = c(as.character(getRversion()), as.character(packageVersion("metafor")))),
          "versions.csv", row.names = FALSE, quote = FALSE)
