//go:build !race

package bounce

const slowdown = 1
