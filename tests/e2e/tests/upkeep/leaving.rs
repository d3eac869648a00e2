//! Nothing is taken away from under services that run.

use e2e::wait;

use super::Site;

#[tokio::test]
async fn uninstall_names_what_has_to_be_stopped_first_and_takes_nothing_away() {
    let mut site = Site::with(&[]).await;
    site.start(&["gateway", "resolver"]).await;
    let named = async || {
        let said = site.say(&["uninstall", "--yes"]).await;
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(!said.text.contains("removed"), "{said:?}");
        let line = "nothing is taken away while these run: guassp-gateway, guassp-resolver; stop them first";
        said.error.contains(line).then_some(())
    };
    wait::until("both names", named).await;
    let context = site.scene.stack.runtime.jetstream.context();
    assert!(context.query_account().await.expect("an account").streams > 0);
    for role in ["gateway", "resolver"] {
        site.kill(role).await;
    }
    let gone = async || {
        let said = site.say(&["uninstall", "--yes"]).await;
        // A connection that was cut is noticed in a moment.
        (said.code == Some(0)).then_some(said)
    };
    let said = wait::until("an end of everything", gone).await;
    assert!(said.text.contains("  removed nats-server: stream GUASSP_EVENTS\n"), "{said:?}");
    let context = site.scene.stack.runtime.jetstream.context();
    assert_eq!(context.query_account().await.expect("an account").streams, 0);
}
