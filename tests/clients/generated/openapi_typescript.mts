import createClient from "openapi-fetch";
import type { components, paths } from "./client.d.ts";

const rain = (id: string): components["schemas"]["EnvironmentRainMeasured"] => ({
  specversion: "1.0",
  id,
  source: "/generated",
  type: "vn.phutho.environment.rain.measured.v1",
  time: new Date().toISOString(),
  data: { station: "viet_tri", rain: 7.5 },
});

const { GATEWAY, TOKEN } = process.env;
// It says application/json unless told otherwise, and that is taken, too.
const client = createClient<paths>({ baseUrl: GATEWAY, headers: { Authorization: `Bearer ${TOKEN}` } });
const one = await client.POST("/events", { body: rain("openapi_typescript-1") });
const events = [rain("openapi_typescript-2"), rain("openapi_typescript-3")];
const batch = await client.POST("/events/batch", { body: events });
console.log(one.data?.accepted, batch.data?.accepted);
