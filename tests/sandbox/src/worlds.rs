//! A GitLab and a SonarQube that belong together: SonarQube has a setting for that GitLab, and projects bound to it.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::{GitLab, SonarQube, gitlab, sonarqube};

/// An administrator's token.
pub const GITLAB_TOKEN: &str = "glpat-sandbox";
/// The token of the integration's account.
pub const SONARQUBE_TOKEN: &str = "squ_sandbox";

/// Both worlds, before they are served.
#[derive(Debug, Clone)]
pub struct Worlds {
    pub gitlab: gitlab::World,
    pub sonarqube: sonarqube::World,
    /// SonarQube projects by key, each with the GitLab project that it is bound to.
    pub bound: Vec<(String, u64)>,
    /// An object: what somebody needs to know of them besides addresses and tokens.
    pub about: Value,
}

/// Both servers.
#[derive(Debug)]
pub struct Running {
    pub gitlab: GitLab,
    pub sonarqube: SonarQube,
    about: Value,
}

impl Worlds {
    /// Starts both servers. The setting names the address of GitLab, so the projects are bound only now.
    ///
    /// # Errors
    /// When an address cannot be listened on.
    pub async fn serve(self, gitlab: SocketAddr, sonarqube: SocketAddr) -> std::io::Result<Running> {
        let Self { gitlab: world, sonarqube: mut bound_world, bound, about } = self;
        let shown = world.external_url.clone();
        let gitlab = GitLab::serve(gitlab, world).await?;
        let url = shown.as_deref().unwrap_or(gitlab.url());
        let setting = bound_world.add_setting("gitlab", &format!("{url}/api/v4"));
        for (key, project) in bound {
            bound_world.bind(&key, &setting, project);
        }
        let sonarqube = SonarQube::serve(sonarqube, bound_world).await?;
        Ok(Running { gitlab, sonarqube, about })
    }
}

impl Running {
    /// What somebody needs who wants to use both.
    pub fn summary(&self) -> Value {
        let mut summary = json!({
            "gitlab": { "url": self.gitlab.url(), "token": GITLAB_TOKEN },
            "sonarqube": { "url": self.sonarqube.url(), "token": SONARQUBE_TOKEN, "login": "admin", "password": "admin" },
        });
        if let (Value::Object(summary), Value::Object(about)) = (&mut summary, &self.about) {
            summary.extend(about.clone());
        }
        summary
    }
}
