# Exact tests of 2 x 2 tables by R's stats. Usage: Rscript exact_tables.R FOLDER
folder <- commandArgs(TRUE)[1]
set.seed(11)
draw <- function() { n <- c(sample(20:400, 1), sample(50:2000, 1)); a <- rbinom(2, n, c(0.02, 0.01) * runif(1, 0.3, 4)); c(a[1], n[1] - a[1], a[2], n[2] - a[2]) }
sets <- list(list(c(6, 319, 2, 998)), list(c(0, 50, 3, 700)), list(c(4, 20, 0, 100)), list(c(3, 297, 0, 54704)))
for (k in 1:12) sets[[length(sets) + 1]] <- list(draw())
for (k in 1:12) sets[[length(sets) + 1]] <- lapply(1:sample(2:4, 1), function(i) draw())
rows <- list()
for (k in seq_along(sets)) {
  s <- sets[[k]]
  if (length(s) == 1) t <- fisher.test(matrix(s[[1]], 2))
  else t <- mantelhaen.test(array(unlist(s), c(2, 2, length(s))), exact = TRUE)
  # The table is filled by columns: carriers and others of cases, then of controls.
  rows[[k]] <- data.frame(set = k, tables = paste(sapply(s, paste, collapse = " "), collapse = ";"), odds_ratio = t$estimate,
                          lower = t$conf.int[1], upper = t$conf.int[2], p = t$p.value)
}
out <- do.call(rbind, rows)
for (n in c("odds_ratio", "lower", "upper", "p")) out[[n]] <- sprintf("%.15g", out[[n]])
write.csv(out, file.path(folder, "answers.csv"), row.names = FALSE, quote = FALSE)
writeLines(R.version.string, file.path(folder, "versions.txt"))
