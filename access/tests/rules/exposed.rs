//! Groups that open private projects.

use access::{GroupHolder, closings, opens};
use proto::{
    Lines,
    Permission::{self, Admin, CodeViewer, Scan, User},
    Visibility::{self, Private, Public},
};

fn group(name: &str, permissions: &[Permission]) -> GroupHolder {
    GroupHolder { name: name.to_owned(), permissions: permissions.iter().copied().collect() }
}

fn closed(groups: &[GroupHolder], names: &[&str], visibility: Visibility) -> String {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    Lines::of(&closings(groups, &names, visibility)).to_string()
}

#[test]
fn a_group_that_is_to_be_closed_loses_everything_and_others_nothing() {
    let groups =
        [group("staff", &[User]), group("sonar-users", &[User, CodeViewer]), group("Anyone", &[Scan])];
    let plan = closed(&groups, &["sonar-users", "Anyone"], Private);
    assert_eq!(plan, "- group Anyone: scan\n- group sonar-users: user, codeviewer");
}

#[test]
fn the_administrators_are_never_closed() {
    let groups = [group("sonar-administrators", &[User, Admin])];
    assert_eq!(closed(&groups, &["sonar-administrators"], Private), "nothing to change");
}

#[test]
fn a_public_project_is_everybodys() {
    assert_eq!(closed(&[group("sonar-users", &[Scan])], &["sonar-users"], Public), "nothing to change");
}

#[test]
fn only_browse_opens_a_private_project() {
    for (permissions, visibility, does) in [
        (&[User][..], Private, true),
        (&[CodeViewer, Scan, Admin][..], Private, false),
        (&[User][..], Public, false),
    ] {
        assert_eq!(opens(permissions.iter().copied().collect(), visibility), does, "{permissions:?}");
    }
}
