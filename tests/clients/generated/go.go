package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	gateway "gateway/client"
)

func rain(id string) gateway.Event {
	data := gateway.NewEnvironmentRainMeasuredData("viet_tri", 7.5)
	event := gateway.NewEnvironmentRainMeasured(
		"1.0", id, "/generated", "vn.phutho.environment.rain.measured.v1", time.Now(), *data)
	return gateway.EnvironmentRainMeasuredAsEvent(event)
}

func main() {
	configuration := gateway.NewConfiguration()
	configuration.Servers[0].URL = os.Getenv("GATEWAY")
	api := gateway.NewAPIClient(configuration).DefaultAPI
	ctx := context.WithValue(context.Background(), gateway.ContextAccessToken, os.Getenv("TOKEN"))
	one, _, err := api.SendEvent(ctx).Event(rain("go-1")).Execute()
	if err != nil {
		log.Fatal(err)
	}
	batch, _, err := api.SendBatch(ctx).Event([]gateway.Event{rain("go-2"), rain("go-3")}).Execute()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(one.Accepted, batch.Accepted)
}
