// Begins ReDoc with the document that the address chooses; without a known choice, with all dialects.
"use strict";
const choices = Array.from(document.querySelectorAll("nav a[data-url]"));
const here = window.location.pathname + window.location.search;
const chosen = choices.find((link) => link.getAttribute("href") === here) || choices[0];
chosen.className = "chosen";
Redoc.init(chosen.dataset.url, { scrollYOffset: "nav", hideHostname: true }, document.getElementById("redoc"));
