import java.math.BigDecimal;
import java.time.OffsetDateTime;
import java.util.List;
import org.openapitools.client.ApiClient;
import org.openapitools.client.api.DefaultApi;
import org.openapitools.client.model.EnvironmentRainMeasured;
import org.openapitools.client.model.EnvironmentRainMeasuredData;
import org.openapitools.client.model.Event;

public class Java {
  static Event rain(String id) {
    return new Event(
        new EnvironmentRainMeasured()
            .specversion(EnvironmentRainMeasured.SpecversionEnum._1_0)
            .id(id)
            .source("/generated")
            .type(EnvironmentRainMeasured.TypeEnum.VN_PHUTHO_ENVIRONMENT_RAIN_MEASURED_V1)
            .time(OffsetDateTime.now())
            .data(new EnvironmentRainMeasuredData().station("viet_tri").rain(new BigDecimal("7.5"))));
  }

  public static void main(String[] args) throws Exception {
    ApiClient client = new ApiClient();
    client.updateBaseUri(System.getenv("GATEWAY"));
    client.setRequestInterceptor(r -> r.header("Authorization", "Bearer " + System.getenv("TOKEN")));
    DefaultApi api = new DefaultApi(client);
    int one = api.sendEvent(rain("java-1")).getAccepted();
    int batch = api.sendBatch(List.of(rain("java-2"), rain("java-3"))).getAccepted();
    System.out.println(one + " " + batch);
  }
}
