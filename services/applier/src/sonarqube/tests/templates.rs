//! Permission templates: found, made, filled, applied, deleted.

use std::time::Duration;

use jiff::Timestamp;
use proto::Permission;
use sandbox::sonarqube::{ANYONE, ARCHITECTURE_ADMIN, Mode, Visibility};
use sandbox::{Fault, FaultKind};

use super::lists::add_people;
use super::stage::{Stage, add_visitor, shop};
use crate::sonarqube::{GroupHolding, ProjectKey, SonarQubeError};

async fn stage() -> Stage {
    Stage::with(|world| add_people(world, 2)).await
}

fn holding(name: &str, permissions: &[Permission], other: &[&str]) -> GroupHolding {
    GroupHolding {
        name: name.to_owned(),
        permissions: permissions.iter().copied().collect(),
        other: other.iter().map(|key| (*key).to_owned()).collect(),
    }
}

#[tokio::test]
async fn a_filled_template_becomes_the_grants_of_the_project() {
    let Stage { sonarqube, writer, reader } = stage().await;
    sonarqube.world().grant("shop", "p00002", "admin");
    sonarqube.world().grant_group("shop", "sonar-users", "scan");
    let template = writer.create_template("guassp: shop O'Hara: 1", "of task 1").await.unwrap();
    for key in ["user", "scan", "scan"] {
        writer.fill_user(&template, "p00001", key).await.unwrap();
    }
    writer.fill_group(&template, "sonar-administrators", "admin").await.unwrap();
    writer.fill_group(&template, ANYONE, "user").await.unwrap();
    writer.apply_template(&template, &shop()).await.unwrap();

    let [person] = reader.holders(&shop()).await.unwrap().try_into().unwrap();
    assert_eq!(
        (person.login.as_str(), person.permissions),
        ("p00001", [Permission::User, Permission::Scan].into())
    );
    let groups = reader.group_holders(&shop()).await.unwrap();
    assert_eq!(
        groups,
        [holding("sonar-administrators", &[Permission::Admin], &[])],
        "no Anyone: it is private"
    );
    let applied: Vec<_> = sonarqube.writes().into_iter().filter(|write| write.project.is_some()).collect();
    assert_eq!(applied.len(), 1, "filling changes no project");
}

#[tokio::test]
async fn a_public_project_takes_of_a_template_what_it_stores() {
    let stage = stage().await;
    stage.sonarqube.world().add_project("open", Visibility::Public);
    let template = stage.writer.create_template("guassp 1", "").await.unwrap();
    for key in ["user", "codeviewer", "scan"] {
        stage.writer.fill_user(&template, "p00001", key).await.unwrap();
    }
    stage.writer.fill_group(&template, ANYONE, "issueadmin").await.unwrap();
    let open = ProjectKey::new("open").unwrap();
    stage.writer.apply_template(&template, &open).await.unwrap();
    let [person] = stage.reader.holders(&open).await.unwrap().try_into().unwrap();
    assert_eq!(person.permissions, [Permission::Scan].into());
    let groups = stage.reader.group_holders(&open).await.unwrap();
    assert_eq!(groups, [holding(ANYONE, &[Permission::IssueAdmin], &[])]);
}

#[tokio::test]
async fn templates_are_found_by_how_their_names_begin() {
    let stage = Stage::with(|world| {
        for (name, at) in [
            ("guassp:1", "2026-11-01T09:00:00+0000"),
            ("guassp:2", "2026-11-22T10:30:00+0200"),
            ("Guassp:3", "2026-11-01T09:00:00+0000"),
            ("the guassp:4", "2026-11-01T09:00:00+0000"),
            ("guassp", "2026-11-01T09:00:00+0000"),
        ] {
            world.add_template(name, at);
        }
        (0..600)
            .for_each(|number| drop(world.add_template(&format!("x_{number}"), "2026-11-01T09:00:00+0000")));
    })
    .await;
    let found = stage.reader.templates_named("guassp:").await.unwrap();
    let names: Vec<_> = found.iter().map(|template| template.name.as_str()).collect();
    assert_eq!(names, ["guassp:1", "guassp:2"]);
    assert_eq!(found[1].created_at, "2026-11-22T08:30:00Z".parse::<Timestamp>().unwrap());
    assert_eq!(stage.reader.templates_named("x_").await.unwrap().len(), 600);
    assert_eq!(stage.calls("/api/permissions/search_templates"), 2);
    assert!(stage.reader.templates_named("guassp_").await.unwrap().is_empty(), "_ is no placeholder");
}

#[tokio::test]
async fn the_default_template_is_read_with_its_groups() {
    let stage = Stage::with(|world| {
        for number in 1..=150 {
            world.add_group(&format!("g{number:03}"));
        }
    })
    .await;
    let default = stage.reader.default_template().await.unwrap();
    assert_eq!(default.name, "Default template");
    let seen =
        [Permission::User, Permission::CodeViewer, Permission::IssueAdmin, Permission::SecurityHotspotAdmin];
    let expected = [
        holding("sonar-administrators", &[Permission::Admin], &[ARCHITECTURE_ADMIN]),
        holding("sonar-users", &seen, &[]),
    ];
    assert_eq!(default.groups, expected);
    for number in 1..=150 {
        stage.writer.fill_group(&default.id, &format!("g{number:03}"), "scan").await.unwrap();
    }
    assert_eq!(stage.reader.default_template().await.unwrap().groups.len(), 152);
}

#[tokio::test]
async fn another_template_may_be_the_default_and_there_must_be_one() {
    let stage = Stage::new().await;
    let id = stage.sonarqube.change(|world| {
        world.default_template = world.add_template("Closed", "2026-11-01T09:00:00+0000");
        world.default_template.clone()
    });
    let default = stage.reader.default_template().await.unwrap();
    assert_eq!((default.id.to_string(), default.name.as_str()), (id, "Closed"));
    assert!(default.groups.is_empty());
    "none".clone_into(&mut stage.sonarqube.world().default_template);
    let error = stage.reader.default_template().await.unwrap_err();
    assert!(matches!(error, SonarQubeError::Incomplete { .. }), "{error}");
}

#[tokio::test]
async fn the_default_template_is_closed_to_a_group_but_never_to_the_administrators() {
    let stage = Stage::new().await;
    let default = stage.reader.default_template().await.unwrap().id;
    for _ in 0..2 {
        stage.writer.close_template(&default, "sonar-users", Permission::User).await.unwrap();
    }
    let users = stage.reader.default_template().await.unwrap().groups.pop().unwrap();
    assert!(
        !users.permissions.contains(Permission::User) && users.permissions.contains(Permission::CodeViewer)
    );
    let before = stage.sonarqube.requests().len();
    for name in ["sonar-administrators", " sonar-administrators"] {
        let error = stage.writer.close_template(&default, name, Permission::Admin).await.unwrap_err();
        assert!(matches!(error, SonarQubeError::Protected { .. }), "{error}");
    }
    assert_eq!(stage.sonarqube.requests().len(), before);
    let error = stage.writer.delete_template(&default).await.unwrap_err();
    assert!(error.to_string().contains("default permission template"), "{error}");
}

#[tokio::test]
async fn a_template_that_is_gone_is_told_and_need_not_be_deleted() {
    let stage = stage().await;
    let template = stage.writer.create_template("guassp 1", "").await.unwrap();
    for _ in 0..2 {
        stage.writer.delete_template(&template).await.unwrap();
    }
    for error in [
        stage.writer.fill_user(&template, "p00001", "scan").await.unwrap_err(),
        stage.writer.fill_group(&template, "sonar-users", "scan").await.unwrap_err(),
        stage.writer.close_template(&template, "sonar-users", Permission::Scan).await.unwrap_err(),
        stage.writer.apply_template(&template, &shop()).await.unwrap_err(),
    ] {
        assert!(matches!(error, SonarQubeError::TemplateGone { .. }), "{error}");
        assert_eq!(error.retry_after(), Some(Duration::ZERO));
    }
}

#[tokio::test]
async fn who_cannot_be_filled_in_is_told_from_what_cannot() {
    let stage = stage().await;
    let template = stage.writer.create_template("guassp 1", "").await.unwrap();
    let id = stage.sonarqube.world().user_by_login("p00002").unwrap().id.clone();
    stage.sonarqube.world().deactivate(&id);
    let error = stage.writer.fill_user(&template, "p00002", "scan").await.unwrap_err();
    assert!(matches!(error, SonarQubeError::UserGone { .. }), "{error}");
    let error = stage.writer.fill_group(&template, "nobodies", "scan").await.unwrap_err();
    assert!(matches!(error, SonarQubeError::GroupGone { .. }), "{error}");
    let gone = ProjectKey::new("gone").unwrap();
    let error = stage.writer.apply_template(&template, &gone).await.unwrap_err();
    assert!(matches!(error, SonarQubeError::ProjectGone { .. }), "{error}");
    for error in [
        stage.writer.fill_user(&template, "p00001", ARCHITECTURE_ADMIN).await.unwrap_err(),
        stage.writer.fill_group(&template, "sonar-administrators", ARCHITECTURE_ADMIN).await.unwrap_err(),
    ] {
        assert!(matches!(error, SonarQubeError::Rejected { .. }), "{error}");
        assert!(error.to_string().contains("(architectureadmin) must be one of"), "{error}");
    }
    stage.sonarqube.world().project_permissions.push(ARCHITECTURE_ADMIN.to_owned());
    stage.writer.fill_user(&template, "p00001", ARCHITECTURE_ADMIN).await.unwrap();
}

#[tokio::test]
async fn a_name_is_taken_in_every_case_and_fits_or_is_not_sent() {
    let stage = Stage::new().await;
    let longest = "é".repeat(100);
    stage.writer.create_template(&longest, "").await.unwrap();
    stage.writer.create_template("Guassp 1", &"d".repeat(4000)).await.unwrap();
    let error = stage.writer.create_template("guassp 1", "").await.unwrap_err();
    assert!(matches!(error, SonarQubeError::Rejected { .. }), "{error}");
    let before = stage.sonarqube.requests().len();
    for (name, description) in [
        ("x".repeat(101), String::new()),
        ("😀".repeat(51), String::new()),
        ("y".to_owned(), "d".repeat(4001)),
    ] {
        let error = stage.writer.create_template(&name, &description).await.unwrap_err();
        assert!(matches!(error, SonarQubeError::TooLong { .. }), "{error}");
    }
    assert_eq!(stage.sonarqube.requests().len(), before, "SonarQube would answer 500");
}

#[tokio::test]
async fn an_answer_of_another_program_is_no_template() {
    let stage = Stage::new().await;
    for (method, call) in [("POST", "create_template"), ("GET", "search_templates")] {
        stage.sonarqube.faults().add(Fault::on(method, call).then(FaultKind::Html));
    }
    for error in [
        stage.writer.create_template("guassp 1", "").await.unwrap_err(),
        stage.reader.templates_named("guassp").await.unwrap_err(),
    ] {
        assert!(matches!(error, SonarQubeError::Strange { .. }), "{error}");
    }
    assert!(stage.written().is_empty());
}

#[tokio::test]
async fn a_server_in_safe_mode_says_nothing_about_templates() {
    let stage = stage().await;
    let template = stage.writer.create_template("guassp 1", "").await.unwrap();
    stage.sonarqube.world().mode = Mode::MigrationNeeded;
    for error in [
        stage.reader.templates_named("guassp").await.unwrap_err(),
        stage.reader.default_template().await.unwrap_err(),
        stage.reader.group_holders(&shop()).await.unwrap_err(),
        stage.reader.groups().await.unwrap_err(),
        stage.writer.delete_template(&template).await.unwrap_err(),
        stage.writer.fill_user(&template, "p00001", "scan").await.unwrap_err(),
        stage.writer.apply_template(&template, &shop()).await.unwrap_err(),
        stage.writer.grant_group(&shop(), "sonar-users", Permission::Scan).await.unwrap_err(),
    ] {
        assert!(matches!(error, SonarQubeError::NotReady { .. }), "{error}");
    }
}

#[tokio::test]
async fn templates_need_the_right_to_administer() {
    let stage = Stage::with(|world| add_visitor(world, "squ_visitor")).await;
    let (reader, writer) = stage.signed_in_with("squ_visitor");
    for error in [
        reader.templates_named("guassp").await.unwrap_err(),
        writer.create_template("guassp 1", "").await.unwrap_err(),
    ] {
        assert!(error.to_string().contains("\"Administer System\""), "{error}");
    }
}
