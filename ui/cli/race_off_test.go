//go:build !race

package cli

// raceDetector tells that these tests run under the race detector.
const raceDetector = false
