# Decline with a natural cubic spline of time: R's lme4 and splines.  Rscript make.R, in this folder.
# The scores of ../oracles with a bend added; knots at Harrell's quantiles (Hmisc::rcspline.eval's table).
library(lme4)
library(splines)
oracles <- "../oracles/"
visits <- read.csv(paste0(oracles, "longitudinal.csv"))
people <- read.csv(paste0(oracles, "covariates.csv"))
genotypes <- read.csv(gzfile(paste0(oracles, "genotypes.csv.gz")), check.names = FALSE)
quantiles <- list("3" = c(.1, .5, .9), "4" = c(.05, .35, .65, .95), "5" = c(.05, .275, .5, .725, .95))
rows <- merge(visits, people, by = "person")
rows$bent <- rows$score + 6 * exp(-rows$months / 5)
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5))
answers <- NULL
for (variant in c("C01", "C03", "C07")) for (k in names(quantiles)) {
  data <- merge(rows, data.frame(person = genotypes$person, g = genotypes[[variant]]), by = "person")
  data <- data[!is.na(data$g), ]
  knots <- quantile(rows$months, quantiles[[k]], names = FALSE)
  basis <- ns(data$months, knots = knots[-c(1, length(knots))], Boundary.knots = knots[c(1, length(knots))])
  colnames(basis) <- paste0("s", seq_len(ncol(basis)))
  data <- cbind(data, basis)
  right <- paste(c(colnames(basis), "age", "sex", "pc1", "pc2", "pc3", "g"), collapse = " + ")
  fit <- function(terms, reml) lmer(as.formula(paste("bent ~", right, terms, "+ (months | person)")), data, REML = reml, control = control)
  reml <- fit("+ months:g", TRUE)
  ml <- fit("+ months:g", FALSE)
  null <- fit("", FALSE)
  v <- as.data.frame(VarCorr(reml))
  lrt <- 2 * (as.numeric(logLik(ml)) - as.numeric(logLik(null)))
  answers <- rbind(answers, data.frame(
    variant, n_knots = as.integer(k), n = length(unique(data$person)),
    beta = fixef(reml)[["g:months"]], se = sqrt(vcov(reml)["g:months", "g:months"]),
    beta_age = fixef(reml)[["age"]], se_age = sqrt(vcov(reml)["age", "age"]),
    var_intercept = v$vcov[1], var_slope = v$vcov[2], cov = v$vcov[3], residual = v$vcov[4],
    loglik_ml = as.numeric(logLik(ml)), p_lrt = pchisq(lrt, 1, lower.tail = FALSE)
  ))
}
write.csv(format(answers, digits = 15), "lme4.csv", row.names = FALSE, quote = FALSE)
writeLines(c(R.version.string, paste("lme4", packageVersion("lme4"))), "versions.txt")
