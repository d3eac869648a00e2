//! The tokens of the file, as the header that carries each.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use http::{HeaderName, HeaderValue, header::AUTHORIZATION};

use crate::post::Header;

/// What a job proves itself with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// `CI_JOB_TOKEN`: the gateway asks GitLab about it.
    Job,
    /// An ID token: the gateway checks its signature.
    Id,
}

/// The headers of `count` lines after the first `skip`.
pub(crate) fn read(file: &Path, kind: Kind, skip: usize, count: usize) -> Result<Vec<Header>> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    headers(&text, kind, skip, count).with_context(|| file.display().to_string())
}

fn headers(text: &str, kind: Kind, skip: usize, count: usize) -> Result<Vec<Header>> {
    let lines = text.lines().enumerate().skip(skip).take(count);
    let headers = lines
        .map(|(index, line)| header(kind, line).with_context(|| format!("line {}", index + 1)))
        .collect::<Result<Vec<_>>>()?;
    ensure!(
        headers.len() == count,
        "{count} tokens are needed after line {skip}, and there are {}",
        headers.len()
    );
    Ok(headers)
}

fn header(kind: Kind, line: &str) -> Result<Header> {
    let mut words = line.split_whitespace().skip(1);
    let (job, id) = (words.next(), words.next());
    match kind {
        Kind::Job => {
            let token = job.context("there is no job token after the project's id")?;
            Ok((HeaderName::from_static("job-token"), HeaderValue::from_str(token)?))
        }
        Kind::Id => {
            let token = id.context("there is no ID token after the job token")?;
            Ok((AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {token}"))?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "1000000 job-a id-a\n1000001 job-b id-b\n1000002 job-c id-c\n";

    fn values(kind: Kind, skip: usize, count: usize) -> Result<Vec<String>> {
        let headers = headers(FILE, kind, skip, count)?;
        Ok(headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect())
    }

    #[test]
    fn each_kind_travels_in_its_own_header() {
        assert_eq!(values(Kind::Job, 0, 1).unwrap(), ["job-token: job-a"]);
        assert_eq!(values(Kind::Id, 0, 1).unwrap(), ["authorization: Bearer id-a"]);
    }

    #[test]
    fn the_lines_of_an_earlier_run_are_passed_over() {
        assert_eq!(values(Kind::Job, 1, 2).unwrap(), ["job-token: job-b", "job-token: job-c"]);
    }

    #[test]
    fn a_file_that_is_too_short_is_refused() {
        let error = values(Kind::Job, 1, 3).unwrap_err();
        assert_eq!(error.to_string(), "3 tokens are needed after line 1, and there are 2");
    }

    #[test]
    fn a_line_without_the_token_is_named() {
        let error = headers("7 job-a id-a\n8 job-b\n", Kind::Id, 0, 2).unwrap_err();
        assert_eq!(format!("{error:#}"), "line 2: there is no ID token after the job token");
    }
}
