//! The stories that hold on the model and on a real SonarQube alike, a file a theme.

pub mod grants;
pub mod people;
pub mod projects;
pub mod scale;

/// Makes a test of each story, on `$target`.
#[macro_export]
macro_rules! stories {
    ($target:expr; $($theme:ident: $($story:ident),+ $(,)?;)+) => {
        $(mod $theme {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $story() {
                $crate::stories::$theme::$story(&$target).await;
            })+
        })+
    };
}

/// Every story, on `$target`.
#[macro_export]
macro_rules! every_story {
    ($target:expr) => {
        $crate::stories! { $target;
            grants: a_mixed_project_gets_the_grants_of_its_levels, a_second_sync_writes_nothing,
                a_lowered_role_loses_what_the_higher_one_had, a_level_between_two_known_ones_counts_as_the_lower,
                a_leaver_loses_everything, a_leaver_who_was_the_last_administrator_keeps_admin_and_nothing_else;
            people: a_blocked_person_loses_everything, somebody_who_never_signed_in_is_reported_and_granted_later,
                a_renamed_person_keeps_the_grants, an_owner_of_the_group_administers, a_bot_gets_nothing,
                what_is_not_ours_stays_untouched, exempt_people_are_left_alone;
            projects: visibility_follows_gitlab_both_ways, a_monorepo_has_its_grants_on_each_project,
                a_project_that_sonarqube_lacks_is_skipped_with_the_reason, a_project_is_found_by_its_name,
                a_project_that_moves_below_what_is_skipped_is_left_alone, an_override_holds_where_the_project_lies;
            scale: a_hundred_members_of_all_levels;
        }
    };
}
