// What the console needs of the browser: preferences, whether the page is seen, and a way back after a restart of the host.
(() => {
  "use strict";
  const remember = (name, value) => {
    document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=31536000; samesite=lax`;
  };
  let visibility = null;
  document.addEventListener("visibilitychange", () => {
    visibility?.invokeMethodAsync("Set", document.hidden).catch(() => {});
  });

  window.fecom = {
    // Called once a page is live; answers with the time zone of this place.
    start(listener) {
      visibility = listener;
      const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
      remember("fecom-zone", zone);
      document.documentElement.dataset.live = "true";
      if (document.hidden) {
        listener.invokeMethodAsync("Set", true);
      }
      return zone;
    },
    theme(name) {
      remember("fecom-theme", name);
      document.documentElement.dataset.theme = name;
    },
    language(tag) {
      remember("fecom-language", tag);
      location.reload();
    },
    // A text as a file of the person's.
    save(name, type, text) {
      const address = URL.createObjectURL(new Blob([text], { type }));
      const link = document.createElement("a");
      link.href = address;
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(address), 10000);
    },
  };

  // A host that was restarted does not know this page any more: once it answers again, the page is loaded again as it was.
  const comeBack = async () => {
    try {
      const answer = await fetch("/health/live", { cache: "no-store" });
      if (answer.ok) {
        location.reload();
        return;
      }
    } catch {
      // Still away.
    }
    setTimeout(comeBack, 2000);
  };
  const modal = document.getElementById("components-reconnect-modal");
  let waiting = false;
  modal.addEventListener("components-reconnect-state-changed", (event) => {
    if ((event.detail.state === "failed" || event.detail.state === "rejected") && !waiting) {
      waiting = true;
      comeBack();
    }
  });
})();
