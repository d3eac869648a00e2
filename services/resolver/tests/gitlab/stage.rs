//! A GitLab with one project, and a client of it.

use std::{sync::Arc, time::Duration};

use access::{Account, MembershipRow, Seat};
use proto::{AccessLevel, GroupId, ProjectId, UserId};
use resolver::{
    GitLab, ReadError, Reading,
    gitlab::{Budget, Config},
};
use runtime::secret::Secret;
use runtime::{http::Limits, metrics::Metrics};
use sandbox::gitlab::{Place, World, level};

/// The token that the client has.
pub(crate) const TOKEN: &str = "glpat-never-to-be-shown";
/// The project `acme/shop`, in the group [`ACME`].
pub(crate) const SHOP: u64 = 7;
pub(crate) const ACME: u64 = 10;

/// A GitLab and a client of it.
pub(crate) struct Stage {
    pub(crate) gitlab: sandbox::GitLab,
    pub(crate) client: GitLab,
}

impl Stage {
    /// The empty project, changed by `prepare`; the client's token is an administrator's.
    pub(crate) async fn with(prepare: impl FnOnce(&mut World)) -> Self {
        let gitlab = sandbox::GitLab::start().await.unwrap();
        gitlab.change(|world| {
            world.add_group(ACME, "acme");
            world.add_project(SHOP, "acme/shop");
            world.add_admin_token(TOKEN);
            prepare(world);
        });
        let client = client(gitlab.url(), TOKEN);
        Self { gitlab, client }
    }

    /// The project with this many members.
    pub(crate) async fn of(members: u64) -> Self {
        Self::with(|world| populate(world, members)).await
    }

    pub(crate) async fn read(&self) -> Result<Reading, ReadError> {
        read(&self.client, SHOP).await
    }

    /// What was asked so far, of everything whose path ends so.
    pub(crate) fn asked_of(&self, end: &str) -> usize {
        self.gitlab.requests().iter().filter(|request| request.path.ends_with(end)).count()
    }

    /// The paths and queries that were asked for so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.gitlab.requests().into_iter().map(|r| format!("{}?{}", r.path, r.query)).collect()
    }
}

/// A reading of the project that is made sure of.
pub(crate) async fn read(client: &GitLab, project: u64) -> Result<Reading, ReadError> {
    client.read(client.project(ProjectId(project)).await?).await
}

/// Person 1 owns the project, the others develop in it.
pub(crate) fn populate(world: &mut World, members: u64) {
    for id in 1..=members {
        world.add_user(id, &format!("person-{id}"));
        let level = if id == 1 { level::OWNER } else { level::DEVELOPER };
        world.add_member(Place::Project(SHOP), id, level);
    }
}

/// The whole reading of a project with this many members.
pub(crate) fn whole(members: u64) -> Reading {
    let level = |id| if id == 1 { AccessLevel::Owner } else { AccessLevel::Developer };
    let rows = (1..=members).map(|id| person(id, &format!("person-{id}"), level(id)));
    Reading {
        path: "acme/shop".to_owned(),
        public: false,
        group: Some(GroupId(ACME)),
        personal: false,
        invited: Vec::new(),
        rows: rows.collect(),
        unseen: Vec::new(),
        ends: None,
    }
}

/// The row of a person with nothing special about them.
pub(crate) fn person(id: u64, username: &str, level: AccessLevel) -> MembershipRow {
    MembershipRow {
        user: UserId(id),
        username: username.to_owned(),
        level,
        account: Account::Active,
        seat: Seat::Active,
        bot: false,
    }
}

pub(crate) fn client(url: &str, token: &str) -> GitLab {
    client_of(&config(url, token))
}

/// A client that waits so long for an answer.
pub(crate) fn patient_client(url: &str, token: &str, timeout: Duration) -> GitLab {
    let limits = Limits { timeout, ..limits() };
    client_of(&Config { limits, ..config(url, token) })
}

pub(crate) fn client_of(config: &Config) -> GitLab {
    GitLab::new(config, None, Arc::new(Metrics::new().unwrap())).unwrap()
}

pub(crate) fn config(url: &str, token: &str) -> Config {
    Config {
        url: url.parse().unwrap(),
        token: Secret::from(token),
        limits: limits(),
        parallel_calls: 4,
        cache_rows: 100_000,
        cache_age: Duration::from_secs(600),
        budget: Budget::default(),
    }
}

pub(crate) const fn limits() -> Limits {
    Limits {
        connect_timeout: Duration::from_secs(5),
        timeout: Duration::from_secs(30),
        max_answer_bytes: 8 << 20,
    }
}
