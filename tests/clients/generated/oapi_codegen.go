package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"
)

func rain(id string) Event {
	var event Event
	err := event.FromEnvironmentRainMeasured(EnvironmentRainMeasured{
		Specversion: "1.0", Id: id, Source: "/generated", Type: "vn.phutho.environment.rain.measured.v1",
		Time: time.Now(), Data: EnvironmentRainMeasuredData{Station: "viet_tri", Rain: 7.5},
	})
	if err != nil {
		log.Fatal(err)
	}
	return event
}

func main() {
	token := func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+os.Getenv("TOKEN"))
		return nil
	}
	client, err := NewClientWithResponses(os.Getenv("GATEWAY"), WithRequestEditorFn(token))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	one, err := client.SendEventWithApplicationCloudeventsPlusJSONBodyWithResponse(ctx, rain("oapi_codegen-1"))
	if err != nil || one.JSON202 == nil {
		log.Fatal(err, one)
	}
	events := []Event{rain("oapi_codegen-2"), rain("oapi_codegen-3")}
	batch, err := client.SendBatchWithApplicationCloudeventsBatchPlusJSONBodyWithResponse(ctx, events)
	if err != nil || batch.JSON202 == nil {
		log.Fatal(err, batch)
	}
	fmt.Println(one.JSON202.Accepted, batch.JSON202.Accepted)
}
