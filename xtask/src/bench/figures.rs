//! What a service counts, as its admin port shows it to Prometheus.

use std::time::Duration;

/// All figures at one moment.
#[derive(Debug)]
pub(super) struct Figures(String);

impl Figures {
    /// Reads the text format.
    pub(super) fn new(text: String) -> Self {
        Self(text)
    }

    /// The sum of all counts of this name that have these labels, with others beside them; 0 where there is none yet.
    pub(super) fn count(&self, name: &str, labels: &[(&str, &str)]) -> u64 {
        self.0.lines().filter_map(|line| sample(line, name, labels)?.parse::<u64>().ok()).sum()
    }

    /// The sum of all times of this name that have these labels.
    pub(super) fn time(&self, name: &str, labels: &[(&str, &str)]) -> Duration {
        let times = self.0.lines().filter_map(|line| sample(line, name, labels)?.parse::<f64>().ok());
        times.map(Duration::from_secs_f64).sum()
    }

    /// Calls to SonarQube with this method that have ended, however they did.
    pub(super) fn sonarqube_calls(&self, method: &str) -> u64 {
        let labels = [("system", "sonarqube"), ("method", method)];
        self.count("guassp_upstream_call_duration_seconds_count", &labels)
    }

    /// What the answers of SonarQube took together.
    pub(super) fn sonarqube_answers(&self) -> Duration {
        self.time("guassp_upstream_call_duration_seconds_sum", &[("system", "sonarqube")])
    }

    /// Calls to GitLab that have ended, however they did.
    pub(super) fn gitlab_calls(&self) -> u64 {
        self.count("guassp_upstream_call_duration_seconds_count", &[("system", "gitlab")])
    }
}

/// `name{label="value",...} 4`, or without labels `name 4`. No value here holds a bracket or a comma.
fn sample<'a>(line: &'a str, name: &str, labels: &[(&str, &str)]) -> Option<&'a str> {
    let (sample, value) = line.rsplit_once(' ')?;
    let (found, rest) = sample.split_once('{').unwrap_or((sample, ""));
    let pairs: Vec<&str> = rest.trim_end_matches('}').split(',').collect();
    let has = |(label, value): &(&str, &str)| pairs.contains(&format!("{label}=\"{value}\"").as_str());
    (found == name && labels.iter().all(has)).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"# HELP guassp_upstream_call_duration_seconds Calls
# TYPE guassp_upstream_call_duration_seconds histogram
guassp_upstream_call_duration_seconds_bucket{method="GET",status="2xx",system="gitlab",le="0.005"} 700
guassp_upstream_call_duration_seconds_sum{method="GET",status="2xx",system="gitlab"} 1.5
guassp_upstream_call_duration_seconds_count{method="GET",status="2xx",system="gitlab"} 703
guassp_upstream_call_duration_seconds_count{method="GET",status="4xx",system="gitlab"} 2
guassp_upstream_call_duration_seconds_count{method="GET",status="2xx",system="sonarqube"} 90
guassp_upstream_call_duration_seconds_sum{method="GET",status="2xx",system="sonarqube"} 4
guassp_upstream_call_duration_seconds_sum{method="POST",status="2xx",system="sonarqube"} 0.25
guassp_sweeps_total 1
"#;

    #[test]
    fn counts_of_one_name_are_added_where_the_labels_fit() {
        let figures = Figures::new(TEXT.to_owned());
        assert_eq!(figures.gitlab_calls(), 705);
        assert_eq!(figures.count("guassp_upstream_call_duration_seconds_count", &[("status", "2xx")]), 793);
        assert_eq!(figures.count("guassp_sweeps_total", &[]), 1);
        assert_eq!(figures.sonarqube_calls("GET"), 90);
        assert_eq!(figures.sonarqube_answers(), Duration::from_millis(4_250));
    }

    #[test]
    fn what_was_never_counted_is_zero() {
        let figures = Figures::new(TEXT.to_owned());
        assert_eq!(figures.count("guassp_sweeps", &[]), 0);
        assert_eq!(figures.count("guassp_sweeps_total", &[("result", "unchanged")]), 0);
    }
}
