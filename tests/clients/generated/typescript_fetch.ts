import { Configuration, DefaultApi, type Event } from "./client/index";

const rain = (id: string): Event => ({
  specversion: "1.0",
  id,
  source: "/generated",
  type: "vn.phutho.environment.rain.measured.v1",
  time: new Date(),
  data: { station: "viet_tri", rain: 7.5 },
});

async function main() {
  const { GATEWAY, TOKEN } = process.env;
  const api = new DefaultApi(new Configuration({ basePath: GATEWAY, accessToken: TOKEN }));
  const one = await api.sendEvent({ event: rain("typescript_fetch-1") });
  const batch = await api.sendBatch({ event: [rain("typescript_fetch-2"), rain("typescript_fetch-3")] });
  console.log(one.accepted, batch.accepted);
}

main();
