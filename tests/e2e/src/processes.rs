//! A scene's services as processes of their own, for tests that kill them or look at what they export.

use std::net::TcpListener;

use crate::{Scene, settings::LONGEST_PAUSE, wait};

/// A port of the loopback address that nobody listens on.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn free_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port().to_string()
}

impl Scene {
    /// The environment with which `guassp gateway`, `resolver` or `applier` serve this scene, on a free public port:
    /// the scene's own patience, and `more`.
    #[must_use]
    pub fn environment(&self, more: &[(&str, &str)]) -> Vec<(String, String)> {
        let (gitlab, sonarqube) = (&self.upstreams.gitlab, &self.upstreams.sonarqube);
        let (seconds, attempts) =
            (format!("{:?}", self.settings.ack_wait), self.settings.attempts.to_string());
        let (pause, interval) =
            (format!("{:?}", self.settings.first_pause), format!("{:?}", self.settings.min_interval));
        let (port, longest) = (free_port(), format!("{LONGEST_PAUSE:?}"));
        let own = [
            ("GITLAB_URL", gitlab.0.as_str()),
            ("GITLAB_TOKEN", &gitlab.1),
            ("SONARQUBE_URL", &sonarqube.0),
            ("SONARQUBE_TOKEN", &sonarqube.1),
            ("NATS_URL", self.nats.url()),
            ("LISTEN_ADDRESS", "127.0.0.1"),
            ("LISTEN_PORT", &port),
            ("EXPORTER_LISTEN_ADDRESS", "127.0.0.1"),
            ("EXPORTER_LISTEN_PORT", "0"),
            ("GUASSP_QUEUE__ACK_WAIT", &seconds),
            ("GUASSP_RESOLVER__MIN_INTERVAL", &interval),
            ("GUASSP_RESOLVER__RETRY__ATTEMPTS", &attempts),
            ("GUASSP_RESOLVER__RETRY__FIRST_PAUSE", &pause),
            ("GUASSP_RESOLVER__RETRY__LONGEST_PAUSE", &longest),
            ("GUASSP_APPLIER__RETRY__ATTEMPTS", &attempts),
            ("GUASSP_APPLIER__RETRY__FIRST_PAUSE", &pause),
            ("GUASSP_APPLIER__RETRY__LONGEST_PAUSE", &longest),
            ("GUASSP_SONARQUBE__PEOPLE_REFRESH_AFTER", "0"),
        ];
        own.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// From now on posts and looks go to the gateway with this environment; waits until it answers.
    pub async fn turn_to(&mut self, environment: &[(String, String)]) {
        let port = environment.iter().find(|(name, _)| name == "LISTEN_PORT").map(|(_, port)| port.as_str());
        self.stack.gateway = format!("http://127.0.0.1:{}", port.expect("a port"));
        let url = format!("{}/health", self.stack.gateway);
        let healthy =
            async || self.http.get(&url).send().await.ok().filter(|answer| answer.status().is_success());
        wait::until("a healthy gateway", healthy).await;
    }
}
