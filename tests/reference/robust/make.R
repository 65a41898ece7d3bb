# Frozen answers about heteroskedasticity-robust standard errors, on the simulated cohort of tests/reference/oracles.
# Run in this folder:   Rscript make.R     (Debian 12: r-cran-sandwich, r-cran-clubsandwich)
# hc2.csv    lm(qt ~ g + covariates) on complete cases; the trait is qt, and "spread": qt whose residuals are doubled per copy
#   of C01's allele. se = sandwich::vcovHC(type = "HC2"), compared here with clubSandwich's CR2 of one cluster per person;
#   dof, p = clubSandwich::coef_test(vcov = "CR2", test = "Satterthwaite"), Bell & McCaffrey's degrees of freedom.
suppressMessages({library(sandwich); library(clubSandwich)})
oracles <- "../oracles"
gt <- read.csv(file.path(oracles, "genotypes.csv.gz"), check.names = FALSE); rownames(gt) <- gt$person
read <- function(name) read.csv(file.path(oracles, name))
d <- merge(read("covariates.csv"), read("phenotypes.csv"), by = "person")
G <- as.matrix(gt[d$person, -1])
rhs <- "age + sex + pc1 + pc2 + pc3"
null <- lm(as.formula(paste("qt ~", rhs)), d)
d$spread <- fitted(null) + resid(null) * 2^ifelse(is.na(G[, "C01"]), 0, G[, "C01"])
variants <- colnames(G)[colSums(G, na.rm = TRUE) >= 5]
variants <- variants[c(1:15, which(substr(variants, 1, 1) == "L"), which(substr(variants, 1, 1) == "R")[1:8])]
rows <- list()
for (trait in c("qt", "spread")) for (v in unique(variants)) {
  dd <- d; dd$g <- G[, v]; dd <- dd[!is.na(dd$g), ]; dd$id <- seq_len(nrow(dd))
  m <- lm(as.formula(paste(trait, "~ g +", rhs)), dd)
  test <- coef_test(m, vcov = "CR2", cluster = dd$id, test = "Satterthwaite", coefs = "g")
  se <- sqrt(vcovHC(m, type = "HC2")["g", "g"])
  stopifnot(abs(se / test$SE - 1) < 1e-10)
  rows[[length(rows) + 1]] <- data.frame(trait, variant = v, n = nrow(dd), mac = min(sum(dd$g), 2 * nrow(dd) - sum(dd$g)),
    beta = coef(m)["g"], se, dof = test$df_Satt, p = test$p_Satt)
}
x <- do.call(rbind, rows)
for (k in names(x)) if (is.double(x[[k]])) x[[k]] <- sprintf("%.17g", x[[k]])
write.csv(x, "hc2.csv", row.names = FALSE, quote = FALSE)
write.csv(data.frame(software = c("R", "sandwich", "clubSandwich"), version = c(as.character(getRversion()),
  as.character(packageVersion("sandwich")), as.character(packageVersion("clubSandwich")))), "versions.csv", row.names = FALSE, quote = FALSE)
