//! What a plan comes to, as a short text: two plans with one fingerprint want the same.

use proto::{Member, Visibility};
use sha2::{Digest, Sha256};

/// SHA-256, in hex, over who is to have which permissions and over the visibility. Usernames and levels are left out:
/// they change nothing in SonarQube. `members` are by user id, as in a plan.
#[must_use]
pub fn fingerprint(members: &[Member], visibility: Option<Visibility>) -> String {
    let mut hash = Sha256::new();
    hash.update(visibility.map_or("", Visibility::key));
    for Member { id, permissions, .. } in members {
        hash.update(format!("\n{id} {permissions}"));
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use proto::{AccessLevel, Permission, UserId};

    use super::*;

    fn member(id: u64, permissions: &[Permission]) -> Member {
        let permissions = permissions.iter().copied().collect();
        Member { id: UserId(id), username: format!("user{id}"), level: AccessLevel::Guest, permissions }
    }

    #[test]
    fn it_differs_where_something_else_is_wanted_and_nowhere_else() {
        use Permission::{CodeViewer, User};
        let [private, public] = [Visibility::Private, Visibility::Public].map(Some);
        let plan = [member(1, &[User]), member(2, &[User])];
        let same = fingerprint(&plan, private);
        for (other, visibility) in [
            (&plan[..1], private),
            (&plan[..], public),
            (&plan[..], None),
            (&[member(1, &[User]), member(2, &[User, CodeViewer])], private),
            (&[member(1, &[User]), member(3, &[User])], private),
            (&[member(12, &[User])], private),
        ] {
            assert_ne!(fingerprint(other, visibility), same, "{other:?} {visibility:?}");
        }
        let renamed = plan.map(|member| Member { username: "new".to_owned(), ..member });
        assert_eq!(fingerprint(&renamed, private), same);
        assert_eq!(same.len(), 64);
    }
}
