# mclust's side of the side-by-side runs: a task a line in JSON from standard input, an answer a line back.
suppressPackageStartupMessages(library(mclust))
library(jsonlite)

read_matrix <- function(task) {
  values <- readBin(task$file, "double", file.size(task$file) / 8, endian = "little")
  matrix(values, ncol = task$columns, byrow = TRUE)
}

# All models, as Mclust comes; BIC in the sign in which lower is better.
select <- function(task) {
  x <- read_matrix(task)
  set.seed(1)
  seconds <- system.time(fit <- Mclust(x, G = task$components, verbose = FALSE))[["elapsed"]]
  list(seconds = seconds, answer = list(
    bic = -fit$bic, model = fit$modelName, mean_log_likelihood = fit$loglik / nrow(x), models_fitted = sum(!is.na(fit$BIC))
  ))
}

versions <- function(task) {
  list(R = paste(R.version$major, R.version$minor, sep = "."), mclust = as.character(packageVersion("mclust")))
}

answer <- function(task) {
  switch(task$task, select = select(task), versions = versions(task), stop("there is no task ", task$task))
}

input <- file("stdin", open = "r")
while (length(line <- readLines(input, n = 1)) > 0) {
  reply <- tryCatch(answer(fromJSON(line)), error = function(fault) list(error = conditionMessage(fault)))
  cat(toJSON(reply, auto_unbox = TRUE, digits = NA), "\n", sep = "")
  flush(stdout())
}
