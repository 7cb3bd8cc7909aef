// What a page may do with the widget besides having it: open it from a button of its own.

document.getElementById("ask")?.addEventListener("click", () => window.Switchboard?.open());
