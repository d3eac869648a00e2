//! A GitLab with one project, and a client of it.

use std::{sync::Arc, time::Duration};

use access::{Account, MembershipRow, Seat};
use proto::{AccessLevel, ProjectId, UserId};
use resolver::{GitLab, ReadError, Reading};
use runtime::{http::Limits, metrics::Metrics};
use sandbox::gitlab::{Place, World, level};
use secrecy::SecretString;

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
        self.client.read(ProjectId(SHOP)).await
    }

    /// The paths and queries that were asked for so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.gitlab.requests().into_iter().map(|r| format!("{}?{}", r.path, r.query)).collect()
    }
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
    Reading { path: "acme/shop".to_owned(), public: false, rows: rows.collect() }
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
    patient_client(url, token, Duration::from_secs(30))
}

/// A client that waits so long for an answer.
pub(crate) fn patient_client(url: &str, token: &str, timeout: Duration) -> GitLab {
    let limits = Limits { connect_timeout: Duration::from_secs(5), timeout, max_answer_bytes: 8 << 20 };
    let metrics = Arc::new(Metrics::new().unwrap());
    GitLab::new(&url.parse().unwrap(), &SecretString::from(token), &limits, metrics).unwrap()
}
