//! A directory over a SonarQube in the sandbox.

use std::{collections::BTreeSet, time::Duration};

use access::Owner;
use proto::{AccessLevel, Member, Permission, PermissionSet, UserId};
use sandbox::sonarqube::World;

use crate::people::{Config, Directory, Mapping, Matched};
use crate::sonarqube::Holding;
pub(super) use crate::sonarqube::tests::stage::{OWN_LOGIN, Stage};

pub(super) fn config() -> Config {
    Config {
        provider: "gitlab".to_owned(),
        mapping: Mapping::default(),
        exempt: BTreeSet::new(),
        skip_groups: Vec::new(),
        refresh_after: Duration::ZERO,
        max_age: Duration::from_secs(600),
    }
}

pub(super) fn directory(stage: &Stage, config: Config) -> Directory {
    Directory::new(stage.reader.clone(), config)
}

pub(super) fn member(id: u64, username: &str) -> Member {
    let permissions = PermissionSet::from([Permission::Scan]);
    Member { id: UserId(id), username: username.to_owned(), level: AccessLevel::Developer, permissions }
}

pub(super) async fn resolve(directory: &Directory, members: &[Member]) -> Matched {
    directory.resolve(members, &[], &[]).await.unwrap()
}

pub(super) fn logins(matched: &Matched) -> Vec<&str> {
    matched.by_login.keys().map(String::as_str).collect()
}

/// Whose matter the grants of `login` are.
pub(super) fn owner(matched: &Matched, login: &str) -> Owner {
    let holding =
        Holding { login: login.to_owned(), permissions: [Permission::User].into(), other: Vec::new() };
    matched.holders(&[holding])[0].owner
}

/// Gives an account this external id, as an account has that was not made by signing in.
pub(super) fn set_external_id(world: &mut World, login: &str, external_id: &str) {
    let user = world.users.values_mut().find(|user| user.login == login).unwrap();
    external_id.clone_into(&mut user.external_id);
}

pub(super) fn set_provider(world: &mut World, login: &str, provider: &str) {
    let user = world.users.values_mut().find(|user| user.login == login).unwrap();
    provider.clone_into(&mut user.external_provider);
}
