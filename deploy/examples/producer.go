// A producer with redigo: go run producer.go ID.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/gomodule/redigo/redis"
)

// A connection of its own for each try: one without an answer is given up.
func enqueue(job []byte) error {
	limit := 5 * time.Second
	r, err := redis.DialURL(os.Getenv("REDIS_URL"),
		redis.DialConnectTimeout(limit), redis.DialReadTimeout(limit),
		redis.DialWriteTimeout(limit))
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = r.Do("LPUSH", "extq:{default}:jobs", job)
	return err
}

func main() {
	job, _ := json.Marshal(map[string]any{
		"id":        os.Args[1], // yours: the same for the same event
		"container": "acme", "point": "on-new-lead",
		"payload": map[string]any{"lead": map[string]any{"name": "Ada"}}})
	for attempt := 0; attempt < 5; attempt++ {
		err := enqueue(job)
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
