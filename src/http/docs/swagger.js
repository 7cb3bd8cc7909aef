// Begins Swagger UI with the documents that the page names.
"use strict";
const element = document.getElementById("swagger");
SwaggerUIBundle({
  domNode: element,
  urls: JSON.parse(element.dataset.urls),
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  layout: "StandaloneLayout",
  deepLinking: true,
  // The badge would ask another host.
  validatorUrl: null,
});
