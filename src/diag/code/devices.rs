//! The settings of `devices`.

macro_rules! devices {
    ([$next:ident $($rest:ident)*] $($before:tt)*) => {
        $next! {
            [$($rest)*] $($before)*

            /// Of the sensor and the antivirus one has a proxy and the other has none.
            ///
            /// They find their ways separately. The one without reports, or asks its cloud, by some other way or not at all,
            /// and nothing on the device says so. Source: configure-proxy-internet (learn.microsoft.com), 2024-07 and 2026-09,
            /// checked 2026-11-24.
            ///
            /// Example: `devices: { antivirus_proxy: none }`.
            ///
            /// Instead: set both. If the other one finds its way by WPAD or by the proxy of WinHTTP:
            /// `lints: { unpaired-proxy: allow }`.
            UnpairedProxy = "unpaired-proxy", Warn;
            /// A sensor with a proxy of its own, past which it goes direct where it does not reach it.
            ///
            /// Where there is a direct way, a broken proxy is not noticed: everything works, past it. Where there is none, the
            /// sensor is silent, and looks as if nothing happened on the device. Source: the last note of
            /// configure-proxy-internet (learn.microsoft.com), 2021-12, checked 2026-11-24. Of the telemetry service
            /// policy-csp-system says that its data goes by the default proxy configuration then.
            ///
            /// Example: `devices: {}`.
            ///
            /// Instead: watch the proxy itself and when devices were last seen. Once that is done:
            /// `lints: { direct-fallback: allow }`.
            DirectFallback = "direct-fallback", Warn;
            /// A proxy of WinHTTP, which holds for a whole machine wherever it is.
            ///
            /// Every service that uses WinHTTP takes it, updates too, and a laptop outside the network reaches nothing by it.
            /// Source: configure-proxy-internet (learn.microsoft.com), 2021-12 and 2026-09, checked 2026-11-24.
            ///
            /// Example: `netsh winhttp set proxy` on a laptop that goes home with its user.
            ///
            /// Instead: `devices: { winhttp_proxy: none }`; the sensor and the antivirus have settings of their own. For
            /// desktops alone: `lints: { roaming-winhttp: allow }`.
            RoamingWinhttp = "roaming-winhttp", Warn;
            /// A proxy of the antivirus, where the machine has none.
            ///
            /// Windows Update and Microsoft Update do not take the antivirus's proxy, so security intelligence is not
            /// downloaded where there is no direct way, and protection grows old. Source: configure-proxy-internet
            /// (learn.microsoft.com), 2021-12 and 2026-09, checked 2026-11-24.
            ///
            /// Example: `devices: { winhttp_proxy: none }` with a proxy for the antivirus.
            ///
            /// Instead: set `winhttp_proxy` on desktops. If updates come from a source inside the network:
            /// `lints: { updates-without-proxy: allow }`.
            UpdatesWithoutProxy = "updates-without-proxy", Warn;
            /// A value of `ssl_options` about which the vendor's documents disagree.
            ///
            /// Both weaken how the antivirus checks its cloud: 2 gives up revocation, 0 pinning as well. The sheet of
            /// streamlined URLs asks for 0; configure-proxy-internet (learn.microsoft.com) asked for 2 in 2024-07 and calls it
            /// no best practice in 2026-09. Checked 2026-11-24.
            ///
            /// Example: `devices: { disconnected: true, ssl_options: 0 }`.
            ///
            /// Instead: set `winhttp_proxy` and let the revocation lists through, which the policy does. Where that cannot be,
            /// write 2.
            DisputedSslOptions = "disputed-ssl-options", Warn;
            /// A host that is let through and not exempt from signing in to the proxy, for devices that go through one.
            ///
            /// The product has no credentials: it runs as the system, and authenticating proxies are not supported. Source:
            /// configure-proxy-internet and linux-static-proxy-configuration (learn.microsoft.com), checked 2026-11-24. They
            /// say the same of proxies that inspect; what must not be inspected is a list of the policy.
            ///
            /// Example: `lints: { identity-endpoint: { bypass-authentication: hold } }` beside `devices: {}`.
            ///
            /// Instead: let it through without credentials; where the proxy asks nobody:
            /// `lints: { needs-anonymous-proxy: allow }`.
            NeedsAnonymousProxy = "needs-anonymous-proxy", Warn;
        }
    };
}

pub(super) use devices;
