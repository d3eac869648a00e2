//! The rules of access, told as tables (`people`, `paths`, `explained`, `policy`, `grants`, `administrator`) and as properties (`any_*`).
#![warn(clippy::wildcard_enum_match_arm)]

mod administrator;
mod any_grants;
mod any_paths;
mod any_people;
mod drifted;
mod explained;
mod exposed;
mod grants;
mod hierarchy;
mod paths;
mod people;
mod policy;
mod published_rule;
mod worlds;

use access::{Account, Holder, MembershipRow, Owner, Seat};
use proptest::prelude::*;
use proto::{AccessLevel, Permission, PermissionSet, UserId};

/// How many cases every property is tried with.
const CASES: u32 = 256;

fn settings() -> ProptestConfig {
    ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() }
}

/// A row that counts.
fn row(user: u64, level: AccessLevel) -> MembershipRow {
    MembershipRow {
        user: UserId(user),
        username: format!("user{user}"),
        level,
        account: Account::Active,
        seat: Seat::Active,
        bot: false,
    }
}

fn ours<const N: usize>(login: &str, permissions: [Permission; N]) -> Holder {
    Holder { login: login.to_owned(), permissions: permissions.into(), owner: Owner::Ours }
}

fn foreign<const N: usize>(login: &str, permissions: [Permission; N]) -> Holder {
    Holder { owner: Owner::Foreign, ..ours(login, permissions) }
}

fn some_permissions() -> impl Strategy<Value = PermissionSet> {
    proptest::sample::subsequence(&Permission::ALL, 0..=Permission::ALL.len()).prop_map(PermissionSet::from)
}
