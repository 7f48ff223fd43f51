import { authorizeAct } from '../../acts/authorize-act.ts'
import type { Concurrency } from '../../web/concurrency.ts'
import { defineTopic, type Topic } from '../../web/live-topic.ts'
import type { StatsService } from './service.ts'

/** The live samples of one container, each of which is authorised on its own. */
export function containerStatsTopic(
  stats: Pick<StatsService, 'watch'>,
  concurrency: Pick<Concurrency, 'stream'>,
): Topic {
  return defineTopic({
    name: 'container-stats',
    authorize(authorize, principal, { hostId, id }) {
      authorizeAct(authorize, principal, 'container.stats', { hostId, objectId: id })
    },
    open(subscription) {
      const { principal, params } = subscription
      const { hostId, id } = params
      subscription.onEnd(concurrency.stream(principal, hostId))
      const { history, stop } = stats.watch(principal, hostId, id, {
        sample(point, totals) {
          if (!subscription.isBehind()) subscription.say({ type: 'sample', point, totals })
        },
        limit: (cpus) => subscription.say({ type: 'limit', cpus }),
        end: subscription.drop,
      })
      subscription.onEnd(stop)
      const points = history?.points() ?? []
      subscription.say({ type: 'history', points, totals: history?.totals ?? null })
    },
  })
}
