// A producer with go-redis: go run producer.go ID.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/redis/go-redis/v9"
)

func main() {
	options, err := redis.ParseURL(os.Getenv("REDIS_URL"))
	if err != nil {
		log.Fatal(err)
	}
	options.MaxRetries = -1 // tries are ours to count
	r := redis.NewClient(options)
	job, _ := json.Marshal(map[string]any{
		"id":        os.Args[1], // yours: the same for the same event
		"container": "acme", "point": "on-new-lead",
		"payload": map[string]any{"lead": map[string]any{"name": "Ada"}}})
	for attempt := 0; attempt < 5; attempt++ {
		err = r.LPush(context.Background(), "extq:{default}:jobs", job).Err()
		var refused redis.Error
		if err == nil {
			fmt.Println(os.Args[1])
			return
		} else if errors.As(err, &refused) { // OOM: full, and not enqueued
			log.Fatal("not enqueued: ", err)
		}
		log.Print("no answer, so maybe; again with the same id: ", err)
		time.Sleep(time.Second)
	}
	log.Fatal("given up: enqueue it later, with the same id")
}
