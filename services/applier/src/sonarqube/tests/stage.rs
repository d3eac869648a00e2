//! A SonarQube with an account for this system, and a client of it.

use std::{sync::Arc, time::Duration};

use runtime::secret::Secret;
use runtime::{http::Limits, metrics::Metrics};
use sandbox::SonarQube;
use sandbox::sonarqube::{TokenKind, Visibility, World};

use crate::sonarqube::{Config, ProjectKey, Reader, Writer, connect};

/// The token and the login of this system's account.
pub(crate) const TOKEN: &str = "squ_integration";
pub(crate) const OWN_LOGIN: &str = "permission-sync";

pub(crate) struct Stage {
    pub(crate) sonarqube: SonarQube,
    pub(crate) reader: Reader,
    pub(crate) writer: Writer,
}

impl Stage {
    /// A fresh SonarQube with one private project `shop` without any grant, changed by `prepare`.
    pub(crate) async fn with(prepare: impl FnOnce(&mut World)) -> Self {
        let sonarqube = SonarQube::start().await.unwrap();
        {
            let mut world = sonarqube.world();
            world.add_integration(OWN_LOGIN, TOKEN);
            world.add_project("shop", Visibility::Private);
            world.clear_grants("shop");
            prepare(&mut world);
        }
        let (reader, writer) = client(sonarqube.url(), TOKEN, None);
        Self { sonarqube, reader, writer }
    }

    pub(crate) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// A client of the same SonarQube with another token.
    pub(crate) fn signed_in_with(&self, token: &str) -> (Reader, Writer) {
        client(self.sonarqube.url(), token, None)
    }

    /// A reader that is told which setting stands for GitLab.
    pub(crate) fn reader_of(&self, alm_key: &str) -> Reader {
        client(self.sonarqube.url(), TOKEN, Some(alm_key)).0
    }

    /// How many calls had this path so far.
    pub(crate) fn calls(&self, path: &str) -> usize {
        self.sonarqube.requests().iter().filter(|request| request.path == path).count()
    }

    /// What was changed over HTTP so far, as `add_user jane scan`.
    pub(crate) fn written(&self) -> Vec<String> {
        self.sonarqube
            .writes()
            .into_iter()
            .map(|write| format!("{} {}", write.action, write.detail))
            .collect()
    }
}

/// A person without rights, with a user token.
pub(crate) fn add_visitor(world: &mut World, token: &str) {
    let id = world.add_local_user("visitor", "Visitor", Some("secret"));
    world.add_token(token, &id, TokenKind::User);
}

pub(crate) fn client(url: &str, token: &str, alm_key: Option<&str>) -> (Reader, Writer) {
    let config = Config {
        url: url.parse().unwrap(),
        token: Secret::from(token),
        alm_key: alm_key.map(str::to_owned),
        limits: Limits {
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(20),
            max_answer_bytes: 8 << 20,
        },
    };
    connect(&config, Arc::new(Metrics::new().unwrap())).unwrap()
}

pub(crate) fn shop() -> ProjectKey {
    ProjectKey::new("shop").unwrap()
}
