//! Nobody is revoked while somebody may be missing from the plan.

use proto::UnseenGroup;

use crate::Changes;

/// Takes back every revoke while `unseen` groups are invited: GitLab leaves their members out of its list where the
/// token may not see them, and they may have access all the same. Grants stay. Says so in one sentence for each group.
#[must_use]
pub fn keep_the_unseen(mut changes: Changes, unseen: &[UnseenGroup]) -> (Changes, Vec<String>) {
    if unseen.is_empty() || changes.revokes.is_empty() {
        return (changes, Vec::new());
    }
    let kept = std::mem::take(&mut changes.revokes).len();
    (changes, unseen.iter().map(|group| sentence(kept, group)).collect())
}

fn sentence(kept: usize, group: &UnseenGroup) -> String {
    let what = if kept == 1 { "1 revoke is".to_owned() } else { format!("{kept} revokes are") };
    format!(
        "{what} kept back: {group} may be invited, and GITLAB_TOKEN may not see its members, who may have access; make \
         the token's user a member of the project or of that group, or use an administrator's token"
    )
}

#[cfg(test)]
mod tests {
    use proto::{Change, ChangeKind, Grantee, GroupId, Permission};

    use super::*;

    fn changes() -> Changes {
        let jane = || Grantee::Login("jane".to_owned());
        let change = |kind| Change { kind, grantee: jane(), permission: Permission::Scan };
        Changes { grants: vec![change(ChangeKind::Grant)], revokes: vec![change(ChangeKind::Revoke)] }
    }

    #[test]
    fn where_every_group_is_seen_revokes_are_made() {
        assert_eq!(keep_the_unseen(changes(), &[]), (changes(), Vec::new()));
    }

    #[test]
    fn while_a_group_is_unseen_only_grants_are_made_and_each_group_is_named() {
        let unseen = [
            UnseenGroup { id: Some(GroupId(20)), path: Some("partners".to_owned()) },
            UnseenGroup { id: None, path: None },
        ];
        let (left, kept) = keep_the_unseen(changes(), &unseen);
        assert_eq!(left, Changes { revokes: Vec::new(), ..changes() });
        assert!(
            kept[0].starts_with("1 revoke is kept back") && kept[0].contains("group partners may"),
            "{kept:?}"
        );
        assert!(kept[1].contains("any private group may") && kept[1].contains("GITLAB_TOKEN"), "{kept:?}");
    }

    #[test]
    fn where_nothing_is_to_be_revoked_nothing_is_said() {
        let granting = Changes { revokes: Vec::new(), ..changes() };
        let unseen = [UnseenGroup { id: Some(GroupId(20)), path: None }];
        assert_eq!(keep_the_unseen(granting.clone(), &unseen), (granting, Vec::new()));
    }
}
